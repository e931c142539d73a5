package main

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/nats-io/nats.go"
	"github.com/stretchr/testify/require"

	"github.com/gueencode/gueenrmm/pkg/platform/bustest"
	"github.com/gueencode/gueenrmm/pkg/platform/dbtest"
)

// The return of a whole fleet after a restart of the bus, until the database knows all of them as connected. Agents
// reconnect as deployed ones do (agent-protocol.md §1.4): after 2 to 7 seconds and some jitter, with the client's own
// limit of two seconds for a connection.
func BenchmarkFleetReturns(b *testing.B) {
	const fleet = 3000
	k := &bundle{srv: bustest.StartWithoutAuth(b), url: dbtest.NewURL(b)}
	var err error
	k.pool, err = pgxpool.New(context.Background(), k.url)
	require.NoError(b, err)
	b.Cleanup(k.pool.Close)
	_, err = k.pool.Exec(b.Context(), `WITH c AS (INSERT INTO clients (name) VALUES ('c') RETURNING id),
		s AS (INSERT INTO sites (name, client_id) SELECT 'site', id FROM c RETURNING id),
		a AS (INSERT INTO agents (agent_id, hostname, plat, site_id) SELECT repeat('x', 36) || lpad(n::text, 4, '0'), 'host', 'linux', s.id
			FROM s, generate_series(0, $1::int - 1) n RETURNING id, agent_id)
		INSERT INTO agent_tokens (agent_id, token_hash) SELECT id, sha256(('token of ' || agent_id)::bytea) FROM a`, fleet)
	require.NoError(b, err)
	k.start(b)
	var wg sync.WaitGroup
	slots := make(chan struct{}, 64)
	for i := range fleet {
		id := fmt.Sprintf("%s%04d", strings.Repeat("x", 36), i)
		wg.Go(func() {
			slots <- struct{}{}
			defer func() { <-slots }()
			nc, err := nats.Connect(k.srv.URL(), nats.UserInfo(id, "token of "+id), nats.RetryOnFailedConnect(true), nats.MaxReconnects(-1),
				nats.ReconnectWait(time.Duration(2+i%6)*time.Second), nats.ReconnectJitter(500*time.Millisecond, 500*time.Millisecond),
				nats.ErrorHandler(func(*nats.Conn, *nats.Subscription, error) {}))
			if err != nil {
				b.Error(err)
				return
			}
			b.Cleanup(nc.Close)
		})
	}
	wg.Wait()
	connected := func() (n int) {
		require.NoError(b, k.pool.QueryRow(context.Background(), `SELECT count(*) FROM agent_presence WHERE connected`).Scan(&n))
		return n
	}
	require.Eventually(b, func() bool { return connected() == fleet }, time.Minute, 50*time.Millisecond)
	for range b.N {
		k.srv.Stop()
		_, err := k.pool.Exec(context.Background(), `UPDATE agent_presence SET connected = false`)
		require.NoError(b, err)
		start := time.Now()
		k.srv.Restart(b)
		require.Eventually(b, func() bool { return connected() == fleet }, 2*time.Minute, 50*time.Millisecond)
		b.ReportMetric(time.Since(start).Seconds(), "s/return")
	}
}
