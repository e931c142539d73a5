package bench

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5"
)

// Accounts rows: what a sign-in costs and what many at once do to others.
const (
	costedLogins   = 10 // fewer than the throttle of one address takes in a minute
	parallelLogins = 20
)

// loginCost is the processor time of the api for one first login step with a wrong password, which is that of a right one.
func loginCost(ctx context.Context, e *environment) (Figure, error) {
	if _, err := e.get(ctx, "/core/clearcache/"); err != nil {
		return Figure{}, err
	}
	before, err := e.processorTime(ctx)
	if err != nil {
		return Figure{}, err
	}
	start := time.Now()
	attempt := []byte(`{"username":"nobody","password":"wrong"}`)
	for range costedLogins {
		status, err := e.post(ctx, "/v2/checkcreds/", attempt)
		if err == nil && status != http.StatusBadRequest {
			err = fmt.Errorf("login: status %d", status)
		}
		if err != nil {
			return Figure{}, err
		}
	}
	wall := time.Since(start)
	after, err := e.processorTime(ctx)
	if err != nil {
		return Figure{}, err
	}
	return Figure{Value: (after - before) * 1000 / costedLogins, Detail: fmt.Sprintf("answered in %s ms", number(milliseconds(wall/costedLogins)))}, nil
}

// besideLogins is by how many percent the p95 of a page of agents grows while twenty passwords are hashed at the same time,
// again and again: by the operation that sets a password, which hashes as a login does and has no throttle.
func besideLogins(ctx context.Context, e *environment) (Figure, error) {
	user, err := e.agentIDs(ctx, `WITH made AS (INSERT INTO users (username, password) VALUES ('bench-login', '!') ON CONFLICT DO NOTHING RETURNING id)
		SELECT id::text FROM made UNION SELECT id::text FROM users WHERE username = 'bench-login'`)
	if err != nil {
		return Figure{}, err
	}
	change := []byte(`{"id":` + user[0] + `,"password":"bench-password"}`)
	const requests = 4000 // some seconds: several dozens of hashes
	page := func(int) string { return "/v1/agents?limit=50&sort=hostname" }
	if _, err := e.sample(ctx, requests/10, page); err != nil { // warms up
		return Figure{}, err
	}
	alone, err := e.sample(ctx, requests, page)
	if err != nil {
		return Figure{}, err
	}
	logins, done, problem := e.loginStorm(ctx, change)
	beside, err := e.sample(ctx, requests, page)
	done()
	if err := errors.Join(err, problem()); err != nil {
		return Figure{}, err
	}
	ms := func(list []time.Duration, percent int) float64 { return milliseconds(list[len(list)*percent/100]) }
	return Figure{
		Value: (ms(beside, 95)/ms(alone, 95) - 1) * 100,
		Detail: fmt.Sprintf("p95 %s → %s ms, p50 %s → %s ms, beside %d hashes", number(ms(alone, 95)), number(ms(beside, 95)), number(ms(alone, 50)),
			number(ms(beside, 50)), logins.Load()),
	}, nil
}

// loginStorm hashes for parallelLogins at a time until done is called; problem says afterwards what went wrong.
func (e *environment) loginStorm(ctx context.Context, change []byte) (logins *atomic.Int64, done func(), problem func() error) {
	storm, stop := context.WithCancel(ctx)
	logins = &atomic.Int64{}
	var (
		workers sync.WaitGroup
		mu      sync.Mutex
		first   error
	)
	for range parallelLogins {
		workers.Go(func() {
			for storm.Err() == nil {
				status, err := e.post(storm, "/accounts/users/reset/", change)
				if status == http.StatusOK {
					logins.Add(1)
				} else if err == nil {
					err = fmt.Errorf("set password: status %d", status)
				}
				if err != nil && storm.Err() == nil {
					mu.Lock()
					first = errors.Join(first, err)
					mu.Unlock()
					return
				}
			}
		})
	}
	return logins, func() { stop(); workers.Wait() }, func() error { mu.Lock(); defer mu.Unlock(); return first }
}

// post sends a JSON body as the simulation's key.
func (e *environment) post(ctx context.Context, path string, body []byte) (status int, err error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, e.suite.Access().API+path, bytes.NewReader(body))
	if err != nil {
		return 0, err
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("X-API-KEY", e.ground.Key)
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return 0, err
	}
	return resp.StatusCode, resp.Body.Close()
}

// processorTime is what the api and its processes for password hashes have used of the processors since the start, in seconds.
func (e *environment) processorTime(ctx context.Context) (seconds float64, err error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, e.suite.Metrics()["api"]+"/metrics", nil)
	if err != nil {
		return 0, err
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return 0, fmt.Errorf("read metrics: %w", err)
	}
	defer resp.Body.Close() //nolint:errcheck // only read
	lines := bufio.NewScanner(resp.Body)
	found := 0
	for lines.Scan() {
		name, value, _ := strings.Cut(lines.Text(), " ")
		if name != "process_cpu_seconds_total" && name != "gueen_password_hash_cpu_seconds_total" {
			continue
		}
		part, err := strconv.ParseFloat(value, 64)
		if err != nil {
			return 0, fmt.Errorf("read metric %s: %w", name, err)
		}
		seconds += part
		found++
	}
	if err := lines.Err(); err != nil || found < 2 {
		return 0, errors.Join(errors.New("the api does not say its processor time"), err)
	}
	return seconds, nil
}

// clientsTree reads every client with its sites and failing agents, with 500 clients, 2,000 sites and the large fleet.
func clientsTree(ctx context.Context, e *environment) (Figure, error) {
	if err := e.spread(ctx); err != nil {
		return Figure{}, err
	}
	took, err := e.sample(ctx, 60, func(int) string { return "/clients/" })
	if err != nil {
		return Figure{}, err
	}
	own, err := e.sample(ctx, 60, func(int) string { return "/v1/tree" })
	if err != nil {
		return Figure{}, err
	}
	return Figure{
		Value: milliseconds(took[len(took)*95/100]),
		Detail: fmt.Sprintf("p50 %s ms; /v1/tree p95 %s ms, p50 %s ms", number(milliseconds(took[len(took)/2])), number(milliseconds(own[len(own)*95/100])),
			number(milliseconds(own[len(own)/2]))),
	}, nil
}

// spread fills the database and moves the agents to 2,000 sites of 500 clients; every twentieth has a failing check.
func (e *environment) spread(ctx context.Context) error {
	if err := e.grow(ctx, e.options.Large); err != nil {
		return err
	}
	conn, err := pgx.Connect(ctx, e.suite.DatabaseURL())
	if err != nil {
		return fmt.Errorf("spread the fleet: %w", err)
	}
	defer conn.Close(ctx) //nolint:errcheck // committed below
	for _, sql := range []string{
		`INSERT INTO clients (name) SELECT 'Spread ' || lpad(g::text, 3, '0') FROM generate_series(1, 500) g ON CONFLICT DO NOTHING`,
		`INSERT INTO sites (client_id, name) SELECT c.id, 'Site ' || g FROM clients c, generate_series(1, 4) g WHERE c.name LIKE 'Spread %' ON CONFLICT DO NOTHING`,
		`UPDATE agents a SET site_id = s.ids[1 + a.id % cardinality(s.ids)]
		 FROM (SELECT array_agg(s.id ORDER BY s.id) AS ids FROM sites s JOIN clients c ON c.id = s.client_id WHERE c.name LIKE 'Spread %') s
		 WHERE a.site_id IS DISTINCT FROM s.ids[1 + a.id % cardinality(s.ids)]`,
		`INSERT INTO agent_check_counts (agent_id, total, failing) SELECT id, 1, 1 FROM agents WHERE id % 20 = 0
		 ON CONFLICT (agent_id) DO UPDATE SET total = 1, failing = 1, passing = 0, warning = 0, info = 0, pending = 0`,
		`VACUUM ANALYZE agents, agent_check_counts, agent_presence, sites, clients`,
	} {
		if _, err := conn.Exec(ctx, sql); err != nil {
			return fmt.Errorf("spread the fleet: %w", err)
		}
	}
	return nil
}
