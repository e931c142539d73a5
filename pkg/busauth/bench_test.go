package busauth_test

import (
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/stretchr/testify/require"
	"go.uber.org/zap"

	"github.com/gueencode/gueenrmm/pkg/busauth"
	"github.com/gueencode/gueenrmm/pkg/platform/bus"
	"github.com/gueencode/gueenrmm/pkg/platform/bustest"
)

// Connects of agents, client and server on the same machine.
func BenchmarkConnect(b *testing.B) {
	srv := bustest.StartWithoutAuth(b)
	keys := &tokens{byID: map[string]string{}}
	for i := range b.N {
		keys.byID[fmt.Sprintf("%s%07d", strings.Repeat("x", 33), i)] = "tok"
	}
	conn, err := bus.Open(bus.Settings{URL: srv.URL(), User: bustest.AuthUser, Password: bustest.AuthUser, Name: "auth"}, zap.NewNop(), prometheus.NewRegistry(), nil)
	require.NoError(b, err)
	signer, err := bus.NewSigner(srv.Settings.IssuerSeed)
	require.NoError(b, err)
	r, err := busauth.New(busauth.Deps{
		Conns: []*bus.Conn{conn}, Signer: signer, Authenticate: keys.authenticate, Logger: zap.NewNop(), Metrics: prometheus.NewRegistry(), Now: time.Now,
	})
	require.NoError(b, err)
	require.NoError(b, r.Start(b.Context()))
	require.NoError(b, conn.NATS().FlushTimeout(wait))
	var next atomic.Int64
	b.SetParallelism(32)
	b.ResetTimer()
	start := time.Now()
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			id := fmt.Sprintf("%s%07d", strings.Repeat("x", 33), next.Add(1)-1)
			nc, err := nats.Connect(srv.URL(), nats.UserInfo(id, "tok"), nats.Timeout(wait))
			if err != nil {
				b.Error(err)
				return
			}
			nc.Close()
		}
	})
	b.StopTimer()
	b.ReportMetric(float64(b.N)/time.Since(start).Seconds(), "connects/s")
	ctx := b.Context()
	require.NoError(b, r.Stop(ctx))
	require.NoError(b, conn.Stop(ctx))
}
