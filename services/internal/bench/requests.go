package bench

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/gueencode/gueenrmm/services/internal/simulate"
)

// get sends one request as the simulation's key and returns how long the whole answer took.
func (e *environment) get(ctx context.Context, path string) (time.Duration, error) {
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, e.suite.Access().API+path, nil)
	if err != nil {
		return 0, err
	}
	req.Header.Set("X-API-KEY", e.ground.Key)
	start := time.Now()
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return 0, err
	}
	defer resp.Body.Close() //nolint:errcheck // read to the end
	if _, err := io.Copy(io.Discard, resp.Body); err != nil {
		return 0, err
	}
	if resp.StatusCode != http.StatusOK {
		return 0, fmt.Errorf("GET %s: status %d", path, resp.StatusCode)
	}
	return time.Since(start), nil
}

func (e *environment) sample(ctx context.Context, n int, path func(i int) string) ([]time.Duration, error) {
	took := make([]time.Duration, 0, n)
	for i := range n {
		d, err := e.get(ctx, path(i))
		if err != nil {
			return nil, err
		}
		took = append(took, d)
	}
	slices.Sort(took)
	return took, nil
}

func milliseconds(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }

func pingThere(ctx context.Context, e *environment) (Figure, error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	done := make(chan error, 1)
	go func() {
		_, err := e.play(ctx, func(o *simulate.Options) {
			o.Scenario, o.Agents, o.Duration, o.Settle, o.Progress = simulate.Steady, 200, 5*time.Minute, time.Second, nil
		})
		done <- err
	}()
	online, err := e.waitConnected(ctx, 200)
	if err != nil {
		return Figure{}, err
	}
	took, err := e.sample(ctx, 200, func(i int) string { return "/agents/" + online[i%len(online)] + "/ping/" })
	cancel()
	if playErr := <-done; playErr != nil && !errors.Is(playErr, context.Canceled) {
		err = errors.Join(err, playErr)
	}
	if err != nil {
		return Figure{}, err
	}
	return Figure{Value: milliseconds(took[len(took)/2]), Detail: "p99 " + number(milliseconds(took[len(took)*99/100])) + " ms"}, nil
}

func pingAway(ctx context.Context, e *environment) (Figure, error) {
	away, err := e.agentIDs(ctx, `SELECT a.agent_id FROM agents a JOIN agent_presence p ON p.agent_id = a.id WHERE NOT p.connected LIMIT 100`)
	if err != nil {
		return Figure{}, err
	}
	if len(away) == 0 {
		return Figure{}, errors.New("no agent is away")
	}
	took, err := e.sample(ctx, 100, func(i int) string { return "/agents/" + away[i%len(away)] + "/ping/" })
	if err != nil {
		return Figure{}, err
	}
	return Figure{Value: milliseconds(took[len(took)/2]), Detail: "p99 " + number(milliseconds(took[len(took)*99/100])) + " ms"}, nil
}

func (e *environment) agentIDs(ctx context.Context, query string) ([]string, error) {
	conn, err := pgx.Connect(ctx, e.suite.DatabaseURL())
	if err != nil {
		return nil, fmt.Errorf("read agents: %w", err)
	}
	defer conn.Close(ctx) //nolint:errcheck // read only
	rows, err := conn.Query(ctx, query)
	if err != nil {
		return nil, fmt.Errorf("read agents: %w", err)
	}
	return pgx.CollectRows(rows, pgx.RowTo[string])
}

func (e *environment) waitConnected(ctx context.Context, n int) ([]string, error) {
	ctx, cancel := context.WithTimeout(ctx, 2*time.Minute)
	defer cancel()
	tick := time.NewTicker(250 * time.Millisecond)
	defer tick.Stop()
	for {
		ids, err := e.agentIDs(ctx, `SELECT a.agent_id FROM agents a JOIN agent_presence p ON p.agent_id = a.id WHERE p.connected`)
		if err != nil {
			return nil, err
		}
		if len(ids) >= n {
			return ids, nil
		}
		select {
		case <-ctx.Done():
			return nil, fmt.Errorf("only %d of %d agents are connected: %w", len(ids), n, ctx.Err())
		case <-tick.C:
		}
	}
}

// grow fills the database up to n agents, spread over 20 clients with 5 sites each, with check counters as a real fleet
// has them. It writes SQL: enrolling 100,000 agents through the route is another row's work.
func (e *environment) grow(ctx context.Context, n int) error {
	conn, err := pgx.Connect(ctx, e.suite.DatabaseURL())
	if err != nil {
		return fmt.Errorf("grow the fleet: %w", err)
	}
	defer conn.Close(ctx) //nolint:errcheck // committed below
	for _, step := range []struct {
		sql  string
		args []any
	}{
		{`INSERT INTO clients (name) SELECT 'Client ' || lpad(g::text, 2, '0') FROM generate_series(1, 20) g ON CONFLICT DO NOTHING`, nil},
		{`INSERT INTO sites (client_id, name) SELECT c.id, 'Site ' || g FROM clients c, generate_series(1, 5) g WHERE c.name LIKE 'Client %' ON CONFLICT DO NOTHING`, nil},
		{`INSERT INTO agents (agent_id, hostname, site_id, plat, goarch, operating_system, monitoring_type, logged_in_username, public_ip, needs_reboot)
		  SELECT repeat('b', 30) || lpad(g::text, 10, '0'), 'bench-' || lpad((g * 7919 % 1000000)::text, 6, '0'), s.ids[1 + g % cardinality(s.ids)],
		    CASE WHEN g % 3 = 0 THEN 'linux' ELSE 'windows' END, 'amd64',
		    CASE WHEN g % 3 = 0 THEN 'Debian 12 x86_64' ELSE 'Windows Server 2022 Standard, 64 bit v21H2' END,
		    CASE WHEN g % 2 = 0 THEN 'server' ELSE 'workstation' END, 'user' || g % 500, '203.0.113.' || g % 250, g % 17 = 0
		  FROM generate_series((SELECT count(*) FROM agents) + 1, $1) g, (SELECT array_agg(id ORDER BY id) AS ids FROM sites) s
		  ON CONFLICT DO NOTHING`, []any{n}},
		{`UPDATE agent_presence SET last_seen = now() - (agent_id % 3600) * interval '1 second' WHERE last_seen IS NULL`, nil},
		{`ANALYZE`, nil},
	} {
		if _, err := conn.Exec(ctx, step.sql, step.args...); err != nil {
			return fmt.Errorf("grow the fleet: %w", err)
		}
	}
	return nil
}

func wholeList(n int) func(context.Context, *environment) (Figure, error) {
	return func(ctx context.Context, e *environment) (Figure, error) {
		if err := e.grow(ctx, n); err != nil {
			return Figure{}, err
		}
		var count int
		ids, err := e.agentIDs(ctx, `SELECT agent_id FROM agents`)
		if err != nil {
			return Figure{}, err
		}
		count = len(ids)
		took, err := e.sample(ctx, 10, func(int) string { return "/agents/" })
		if err != nil {
			return Figure{}, err
		}
		return Figure{Value: milliseconds(took[len(took)/2]), Detail: fmt.Sprintf("%d agents, slowest %s ms", count, number(milliseconds(took[len(took)-1])))}, nil
	}
}

// firstPage asks for the first page in each order and with the usual filters; 0 takes the large fleet of the options.
func firstPage(n int) func(context.Context, *environment) (Figure, error) {
	queries := []string{
		"sort=hostname", "sort=-hostname", "sort=client", "sort=site", "sort=os", "sort=-last_seen", "sort=last_seen", "sort=status",
		"q=bench-01&sort=hostname", "q=user12&sort=client", "q=203.0.113.7", "plat=linux&sort=-last_seen", "monitoring_type=server&sort=client",
		"status=offline&sort=hostname", "status=online&sort=-last_seen", "needs_reboot=true&sort=hostname",
	}
	return func(ctx context.Context, e *environment) (Figure, error) {
		size := n
		if size == 0 {
			size = e.options.Large
		}
		if err := e.grow(ctx, size); err != nil {
			return Figure{}, err
		}
		took, err := e.sample(ctx, 20*len(queries), func(i int) string { return "/v1/agents?limit=50&" + queries[i%len(queries)] })
		if err != nil {
			return Figure{}, err
		}
		return Figure{
			Value:  milliseconds(took[len(took)*95/100]),
			Detail: fmt.Sprintf("p50 %s ms, slowest %s ms, %d queries", number(milliseconds(took[len(took)/2])), number(milliseconds(took[len(took)-1])), len(queries)),
		}, nil
	}
}
