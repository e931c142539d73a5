package presence

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/stretchr/testify/require"
	"go.uber.org/zap"
)

func connectionAt(n int, start time.Time) connection {
	return connection{AgentID: strings.Repeat("a", 40), ServerID: "S", CID: uint64(n), Start: start, Host: "192.0.2.1"}
}

// Two machines take the connection from each other; an agent whose attempts were given up before they were admitted does not.
func TestOnlyConnectionsThatStoodAreContested(t *testing.T) {
	t.Parallel()
	now := time.Now()
	for _, tc := range []struct {
		stands time.Duration // how long each connection stands before the next replaces it
		want   []bool        // contested, from the second connection on
	}{
		{2 * time.Second, []bool{false, true, true}},
		{stood, []bool{false, true, true}},
		{stood - time.Millisecond, []bool{false, false, false}},
		{0, []bool{false, false, false}},
		{contestWindow, []bool{false, false, false}}, // changes its network now and then
	} {
		tr, at := newTracker(), now
		_, contested := tr.connected(connectionAt(0, at), at)
		require.False(t, contested)
		for i, want := range tc.want {
			at = at.Add(tc.stands)
			older, contested := tr.connected(connectionAt(i+1, at.Add(time.Duration(i)*time.Microsecond)), at)
			require.Len(t, older, 1, tc.stands)
			require.Equal(t, want, contested, tc.stands)
			tr.disconnected(older[0])
		}
	}
}

// The end of a connection comes right behind its beginning when the agent has given it up; both come in one stream.
func TestConnectionThatEndsAtOnceLeavesNothing(t *testing.T) {
	t.Parallel()
	s, err := New(Deps{Logger: zap.NewNop(), Metrics: prometheus.NewRegistry(), Now: time.Now})
	require.NoError(t, err)
	event := func(subject string, c connection, stop *time.Time) *nats.Msg {
		data, err := json.Marshal(map[string]any{
			"server": map[string]any{"id": c.ServerID},
			"client": map[string]any{"id": c.CID, "user": c.AgentID, "host": c.Host, "start": c.Start, "stop": stop},
		})
		require.NoError(t, err)
		return &nats.Msg{Subject: subject, Data: data}
	}
	at := time.Now()
	for i := range 3 {
		c := connectionAt(i, at.Add(time.Duration(i)*time.Second))
		stop := c.Start.Add(time.Millisecond)
		for _, deliver := range []func(*nats.Msg){s.see, s.take} {
			deliver(event(connectSubject, c, nil))
			deliver(event(disconnectSubject, c, &stop))
			deliver(event(strings.Replace(eventSubjects, "*", "OTHER", 1), c, nil))
		}
	}
	require.Zero(t, s.tracker.len(), fmt.Sprint(s.tracker.byID))
	require.Len(t, s.pending.disconnected, 1)
	require.InDelta(t, 0, counterOf(t, s.metrics.contested), 0)
}

func counterOf(t *testing.T, c prometheus.Collector) float64 {
	t.Helper()
	registry := prometheus.NewRegistry()
	require.NoError(t, registry.Register(c))
	families, err := registry.Gather()
	require.NoError(t, err)
	return families[0].GetMetric()[0].GetCounter().GetValue()
}
