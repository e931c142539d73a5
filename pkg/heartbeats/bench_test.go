package heartbeats_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/stretchr/testify/require"
	"go.uber.org/zap"

	"github.com/gueencode/gueenrmm/pkg/heartbeats"
	"github.com/gueencode/gueenrmm/pkg/platform/bus"
	"github.com/gueencode/gueenrmm/pkg/platform/bustest"
	"github.com/gueencode/gueenrmm/pkg/platform/dbtest"
	"github.com/gueencode/gueenrmm/proto/agentwire"
	"github.com/gueencode/gueenrmm/proto/subjects"
)

// benchIngest publishes prepared messages as the server hands them over and counts until the last one is written.
func benchIngest(b *testing.B, fleet int, messages func(i int) *nats.Msg) {
	b.Helper()
	srv, pool := bustest.Start(b), dbtest.New(b)
	addAgents(b, pool, fleet)
	reg := prometheus.NewRegistry()
	conn, err := bus.Open(bus.Settings{URL: srv.URL(), User: bustest.ServicesUser, Password: bustest.ServicesUser, Name: "bench"}, zap.NewNop(), reg, nil)
	require.NoError(b, err)
	in, err := heartbeats.New(heartbeats.Deps{Conn: conn, Pool: pool, Logger: zap.NewNop(), Metrics: reg, Now: time.Now})
	require.NoError(b, err)
	require.NoError(b, in.Start(context.Background()))
	require.NoError(b, conn.NATS().FlushTimeout(wait))
	sender := srv.Services(b)
	b.ResetTimer()
	start := time.Now()
	for i := range b.N {
		require.NoError(b, sender.PublishMsg(messages(i)))
		if i%2000 == 1999 {
			require.NoError(b, sender.FlushTimeout(wait))
		}
	}
	require.NoError(b, sender.FlushTimeout(wait))
	ctx, cancel := context.WithTimeout(context.Background(), wait)
	defer cancel()
	require.NoError(b, in.Stop(ctx))
	b.StopTimer()
	b.ReportMetric(float64(b.N)/time.Since(start).Seconds(), "checkins/s")
	require.NoError(b, conn.Stop(ctx))
}

// Hellos of 10,000 agents; those that come faster than a batch is written replace each other.
func BenchmarkHello(b *testing.B) {
	const fleet = 10_000
	prepared := make([]*nats.Msg, fleet)
	for i := range prepared {
		id := agentID(i)
		data, err := agentwire.Hello{AgentID: id, Version: "2.9.1"}.Encode()
		require.NoError(b, err)
		prepared[i] = &nats.Msg{Subject: subjects.CheckIn(id), Reply: string(agentwire.KindHello), Data: data}
	}
	benchIngest(b, fleet, func(i int) *nats.Msg { return prepared[i%fleet] })
}

// hardware renders 46 kB of hardware detail.
func hardware(b *testing.B, id string, serial int) []byte {
	b.Helper()
	adapters := []any{}
	for i := range 70 {
		adapter := map[string]any{}
		for p := range 12 {
			adapter[fmt.Sprintf("Property%02d", p)] = fmt.Sprintf("value of property %d of adapter %d %d", p, i, serial)
		}
		adapters = append(adapters, []any{adapter})
	}
	data, err := agentwire.WMI{AgentID: id, WMI: map[string]any{"network_adapter": adapters, "serialnumber": "x"}}.Encode()
	require.NoError(b, err)
	return data
}

func benchHardware(b *testing.B, changing bool) {
	const fleet = 1000
	prepared := make([][2]*nats.Msg, fleet)
	for i := range prepared {
		for v := range 2 {
			prepared[i][v] = &nats.Msg{Subject: subjects.CheckIn(agentID(i)), Reply: string(agentwire.KindWMI), Data: hardware(b, agentID(i), v)}
		}
	}
	b.SetBytes(int64(len(prepared[0][0].Data)))
	benchIngest(b, fleet, func(i int) *nats.Msg {
		if changing {
			return prepared[i%fleet][i/fleet%2]
		}
		return prepared[i%fleet][0]
	})
}

// Hardware detail that the database knows already.
func BenchmarkHardwareUnchanged(b *testing.B) { benchHardware(b, false) }

// Hardware detail that is different each time.
func BenchmarkHardwareChanged(b *testing.B) { benchHardware(b, true) }
