package bench

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"
	"golang.org/x/sync/errgroup"
)

// auditRows is how many rows the audit log has when its page is measured.
const auditRows = 5_000_000

type object = map[string]any

// auditPages are what administrators ask of the log: the newest rows, other orders, filters that match much, little and
// nothing, a range of time, and the last page.
func auditPages(agent string) []object {
	page := func(number int, sort string, down bool) object {
		return object{"pagination": object{"rowsPerPage": 50, "page": number, "sortBy": sort, "descending": down}}
	}
	with := func(key string, value any) object {
		p := page(1, "entry_time", true)
		p[key] = value
		return p
	}
	both := with("userFilter", []string{"user-3"})
	both["actionFilter"] = []string{"execute_command"}
	return []object{
		page(1, "entry_time", true), page(2, "entry_time", true), page(20, "entry_time", true), page(1, "entry_time", false), page(1_000_000, "entry_time", true),
		page(1, "id", true), page(1, "username", false), page(1, "username", true), page(1, "action", false), page(1, "object_type", true),
		page(1, "agent", false), page(1, "message", true), with("userFilter", []string{"user-3"}), with("userFilter", []string{"rare"}),
		with("userFilter", []string{"nobody"}), with("actionFilter", []string{"failed_login"}), with("actionFilter", []string{"execute_command", "add"}),
		with("objectFilter", []string{"apikey"}), with("agentFilter", []string{agent}), with("timeFilter", 1), with("timeFilter", 30), both,
	}
}

// auditPage measures PATCH /logs/audit/ with five million rows: every kind of page ten times over, p95. The first reading of
// each kind, which counts what later ones remember, is in the detail.
func auditPage(ctx context.Context, e *environment) (Figure, error) {
	agent, err := e.growAudit(ctx)
	if err != nil {
		return Figure{}, err
	}
	var first, took []time.Duration
	pages := auditPages(agent)
	for round := range 11 {
		for _, page := range pages {
			d, err := e.patch(ctx, "/logs/audit/", page)
			if err != nil {
				return Figure{}, err
			}
			if round == 0 {
				first = append(first, d)
			} else {
				took = append(took, d)
			}
		}
	}
	slices.Sort(first)
	slices.Sort(took)
	return Figure{Value: milliseconds(took[len(took)*95/100]), Detail: fmt.Sprintf("p50 %s, slowest %s; the first time of each kind p50 %s, slowest %s ms",
		number(milliseconds(took[len(took)/2])), number(milliseconds(took[len(took)-1])), number(milliseconds(first[len(first)/2])),
		number(milliseconds(first[len(first)-1])))}, nil
}

// growAudit fills the log up to its number of rows, spread over a year, two of three about one of 2,000 agents, and returns an
// agent that has some.
func (e *environment) growAudit(ctx context.Context) (agent string, err error) {
	if err := e.grow(ctx, 2_000); err != nil {
		return "", err
	}
	conn, err := pgx.Connect(ctx, e.suite.DatabaseURL())
	if err != nil {
		return "", fmt.Errorf("grow the audit log: %w", err)
	}
	defer conn.Close(ctx) //nolint:errcheck // committed below
	var have, last int
	if err := conn.QueryRow(ctx, `SELECT count(*), coalesce(max(id), 0) FROM audit_log`).Scan(&have, &last); err != nil {
		return "", fmt.Errorf("grow the audit log: %w", err)
	}
	if have < auditRows {
		if err := e.fillAudit(ctx, conn, last+1, last+auditRows-have); err != nil {
			return "", fmt.Errorf("grow the audit log: %w", err)
		}
	}
	if err := conn.QueryRow(ctx, `SELECT agent_id FROM audit_log WHERE agent_id IS NOT NULL ORDER BY id LIMIT 1`).Scan(&agent); err != nil {
		return "", fmt.Errorf("grow the audit log: %w", err)
	}
	return agent, nil
}

// fillAudit adds the rows with the given keys. As in a log that grew by itself, the keys follow the time: the rows that are there
// move back before the new ones, and what the suite writes meanwhile comes behind them. The secondary indexes are made again
// afterwards, several at once: keeping them while five million rows come takes three times as long.
func (e *environment) fillAudit(ctx context.Context, conn *pgx.Conn, from, to int) error {
	if _, err := conn.Exec(ctx, fmt.Sprintf(beforeFill, to)); err != nil {
		return err
	}
	found, err := conn.Query(ctx, `SELECT indexname, indexdef FROM pg_indexes WHERE tablename = 'audit_log' AND indexname <> 'audit_log_pkey'`)
	if err != nil {
		return err
	}
	var name, definition string
	var drop, create, insert []string
	if _, err := pgx.ForEachRow(found, []any{&name, &definition}, func() error {
		drop, create = append(drop, "DROP INDEX "+pgx.Identifier{name}.Sanitize()), append(create, definition)
		return nil
	}); err != nil {
		return err
	}
	const piece = 500_000
	for first := from; first <= to; first += piece {
		insert = append(insert, fmt.Sprintf(fillAuditRows, auditRows, first, min(first+piece-1, to), to))
	}
	for _, sql := range append([]string{`CREATE TABLE IF NOT EXISTS bench_agents AS SELECT row_number() OVER (ORDER BY id) AS n, agent_id, hostname FROM agents ORDER BY id LIMIT 2000`}, drop...) {
		if _, err := conn.Exec(ctx, sql); err != nil {
			return err
		}
	}
	if err := e.inParallel(ctx, insert); err != nil {
		return err
	}
	if err := e.inParallel(ctx, create); err != nil {
		return err
	}
	_, err = conn.Exec(ctx, `VACUUM (ANALYZE) audit_log`)
	return err
}

const beforeFill = `BEGIN;
ALTER TABLE audit_log DISABLE TRIGGER audit_log_append_only;
UPDATE audit_log SET entry_time = entry_time - interval '366 days';
ALTER TABLE audit_log ENABLE TRIGGER audit_log_append_only;
SELECT setval(pg_get_serial_sequence('audit_log', 'id'), %d);
COMMIT`

const fillAuditRows = `INSERT INTO audit_log (id, username, agent, agent_id, entry_time, action, object_type, before_value, after_value, message, debug_info)
OVERRIDING SYSTEM VALUE
SELECT i, x.u, s.hostname, s.agent_id, now() - (%[4]d - i) * (interval '365 days' / %[1]d),
  CASE WHEN i %% 50000 = 0 THEN 'failed_login' WHEN i %% 5 = 0 THEN 'execute_command' WHEN i %% 7 = 0 THEN 'add' ELSE 'modify' END,
  CASE WHEN i %% 3 > 0 THEN 'agent' WHEN i %% 1000 = 0 THEN 'apikey' ELSE 'client' END,
  jsonb_build_object('id', i, 'description', 'before', 'offline_time', 4), jsonb_build_object('id', i, 'description', 'after', 'offline_time', i %% 60),
  x.u || ' modified agent ' || coalesce(s.hostname, 'x'), '{"ip": "192.0.2.7", "url": "/agents/x/", "method": "PUT"}'
FROM (SELECT i, 1 + (i::bigint * 7919) %% 2000 AS a, CASE WHEN i %% 100000 = 0 THEN 'rare' ELSE 'user-' || i %% 20 END AS u FROM generate_series(%[2]d, %[3]d) i) x
LEFT JOIN bench_agents s ON s.n = x.a AND i %% 3 > 0`

// inParallel runs statements on some connections at once.
func (e *environment) inParallel(ctx context.Context, statements []string) error {
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(4)
	for _, sql := range statements {
		group.Go(func() (err error) {
			conn, err := pgx.Connect(ctx, e.suite.DatabaseURL())
			if err != nil {
				return err
			}
			defer func() { err = errors.Join(err, conn.Close(context.WithoutCancel(ctx))) }()
			for _, one := range []string{"SET maintenance_work_mem = '512MB'", sql} {
				if _, err := conn.Exec(ctx, one); err != nil {
					return err
				}
			}
			return nil
		})
	}
	return group.Wait()
}

// patch sends one search as the simulation's key and returns how long the whole answer took.
func (e *environment) patch(ctx context.Context, path string, body any) (time.Duration, error) {
	raw, err := json.Marshal(body)
	if err != nil {
		return 0, fmt.Errorf("encode the search: %w", err)
	}
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodPatch, e.suite.Access().API+path, bytes.NewReader(raw))
	if err != nil {
		return 0, err
	}
	req.Header.Set("X-API-KEY", e.ground.Key)
	req.Header.Set("Content-Type", "application/json")
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
		return 0, fmt.Errorf("PATCH %s %s: status %d", path, raw, resp.StatusCode)
	}
	return time.Since(start), nil
}
