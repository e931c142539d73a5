package faults

import (
	"context"
	"net/http"
	"net/url"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"github.com/gueencode/gueenrmm/services/internal/simulate"
)

// networkCut tears the connections of some agents, to the bus by WebSocket and to the api, while all send: the others do
// not notice, and the cut ones bring what they kept when the network is back.
func networkCut(ctx context.Context, t *testing.T, st *stage) {
	access := st.suite.Access()
	web, err := url.Parse(access.API)
	require.NoError(t, err)
	socket, err := url.Parse(access.NATSWebSocket)
	require.NoError(t, err)
	require.Equal(t, web.Host, socket.Host, "one address serves both")
	c := newCable(t, web.Host)
	web.Host, socket.Host = c.Address(), c.Address()
	far := st.open(ctx, t, web.String(), socket.String(), st.agents, st.far)

	pids := st.pids()
	near, cut := st.begin(ctx), st.start(ctx, far, simulate.Load{Rate: float64(st.far), Workers: 8, Keep: true})
	cut.run(ctx, func(ctx context.Context) error { return far.Beat(ctx, float64(st.far)) })
	cut.flows(t, 20)
	c.Cut()
	acknowledged := cut.ledger.Acknowledged()
	near.flows(t, 50)
	require.Eventually(t, func() bool { return st.connected(ctx, far) == 0 }, within, every, "the cut agents are known to be away")
	there := -1
	require.Eventually(t, func() bool { there = st.connected(ctx, st.fleet); return there >= 0 }, within, every, "the database answers")
	require.Equal(t, st.agents, there, "the others are there, at the first look")
	hold(ctx, t, st.cut)
	require.Equal(t, acknowledged, cut.ledger.Acknowledged(), "nothing came through")
	c.Mend()
	require.Eventually(t, func() bool { return st.connected(ctx, far) == st.far }, within, every, "all are back")
	cut.flows(t, 20)
	cut.beats(ctx, t)
	cut.end(ctx, t, "network cut, agents cut")
	near.end(ctx, t, "network cut, other agents")
	far.Close()
	require.Equal(t, pids, st.pids(), "no service was restarted")
}

// connected is how many agents of a fleet the database knows to be connected.
func (st *stage) connected(ctx context.Context, f *simulate.Fleet) int {
	return st.asked(ctx, `SELECT count(*) FROM agents a JOIN agent_presence p ON p.agent_id = a.id WHERE p.connected AND a.agent_id = ANY ($1)`, ids(f))
}

func ids(f *simulate.Fleet) (out []string) {
	for _, c := range f.Credentials() {
		out = append(out, c.AgentID)
	}
	return out
}

// clocksOff lets the agents' clocks be a year off and jump while scripts run: what the server stores is told by its own.
func clocksOff(ctx context.Context, t *testing.T, st *stage) {
	const year = 365 * 24 * time.Hour
	for _, skew := range []time.Duration{year, -year} {
		began := time.Now()
		booted, err := st.fleet.Describe(ctx, skew)
		require.NoError(t, err)
		load := st.ordinary()
		load.Skew = skew
		tr := st.start(ctx, st.fleet, load)
		tr.run(ctx, func(ctx context.Context) error { return st.fleet.Beat(ctx, st.beats) })
		tr.flows(t, 200)
		tr.beats(ctx, t)
		tr.end(ctx, t, "clocks off by "+skew.String())
		require.Eventually(t, func() bool { return st.wrongBoots(ctx, booted) == 0 }, within, every, "boot times are stored as they came")
		require.Zero(t, st.number(ctx, t, `SELECT count(*) FROM check_history WHERE x > now() + interval '1 minute' OR x < $1`, st.began),
			"results bear the server's time")
		require.Zero(t, st.number(ctx, t, `SELECT count(*) FROM agent_presence WHERE last_seen > now() + interval '1 minute'`))
		require.Zero(t, st.number(ctx, t, `SELECT count(*) FROM agents a JOIN agent_presence p ON p.agent_id = a.id WHERE a.agent_id = ANY ($1) AND p.last_seen < $2`,
			ids(st.fleet), began), "every agent was seen now")
		var counts struct {
			Total  int `json:"total"`
			Online int `json:"online"`
		}
		st.client.must(ctx, t, http.MethodGet, "/v1/agents/counts?q=SIM-", nil, &counts)
		require.GreaterOrEqual(t, counts.Online, st.agents, "%d agents", counts.Total)
	}
}

// wrongBoots is how many agents have another boot time than they sent; -1 while the database does not answer.
func (st *stage) wrongBoots(ctx context.Context, sent map[string]int64) (wrong int) {
	rows, err := st.pool.Query(ctx, `SELECT agent_id, coalesce(boot_time, 0)::bigint FROM agents WHERE agent_id = ANY ($1)`, ids(st.fleet))
	if err != nil {
		return -1
	}
	var id string
	var boot int64
	_, err = pgx.ForEachRow(rows, []any{&id, &boot}, func() error {
		if sent[id] != boot {
			wrong++
		}
		return nil
	})
	if err != nil {
		return -1
	}
	return wrong
}
