package postgres_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/stretchr/testify/require"

	"github.com/gueencode/gueenrmm/pkg/platform/config"
	"github.com/gueencode/gueenrmm/pkg/platform/dbtest"
	"github.com/gueencode/gueenrmm/pkg/platform/health"
	"github.com/gueencode/gueenrmm/pkg/platform/leaktest"
	"github.com/gueencode/gueenrmm/pkg/platform/log"
	"github.com/gueencode/gueenrmm/pkg/platform/postgres"
)

func TestMain(m *testing.M) { leaktest.Main(m) }

// output is a buffer that goroutines of the program may write to.
type output struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.b.Write(p)
}

func (o *output) count(s string) int {
	o.mu.Lock()
	defer o.mu.Unlock()
	return strings.Count(o.b.String(), s)
}

// proxy stands between the program and the server, so that the server can go away.
type proxy struct {
	t        *testing.T
	address  string
	upstream func(ctx context.Context) (net.Conn, error)

	mu    sync.Mutex
	there bool
	conns []net.Conn
	wg    sync.WaitGroup
}

// newProxy listens from the start, so that nobody else gets the port: while the server is away, whoever comes is turned away.
func newProxy(t *testing.T, upstream func(ctx context.Context) (net.Conn, error)) *proxy {
	t.Helper()
	l, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	require.NoError(t, err)
	p := &proxy{t: t, address: l.Addr().String(), upstream: upstream}
	p.wg.Go(func() {
		for {
			client, err := l.Accept()
			if err != nil {
				return
			}
			p.join(client)
		}
	})
	t.Cleanup(func() {
		l.Close() //nolint:errcheck // the test is over
		p.down()
		p.wg.Wait()
	})
	return p
}

func (p *proxy) join(client net.Conn) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.there {
		client.Close() //nolint:errcheck // the test sees the refused connection
		return
	}
	server, err := p.upstream(context.WithoutCancel(p.t.Context()))
	if err != nil {
		client.Close() //nolint:errcheck // as above
		return
	}
	p.conns = append(p.conns, client, server)
	p.wg.Go(func() { pipe(client, server) })
	p.wg.Go(func() { pipe(server, client) })
}

func (p *proxy) up() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.there = true
}

func pipe(to, from net.Conn) {
	io.Copy(to, from) //nolint:errcheck // ends when either side closes
	to.Close()        //nolint:errcheck // as above
}

func (p *proxy) down() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.there = false
	for _, c := range p.conns {
		c.Close() //nolint:errcheck // closing twice is fine
	}
	p.conns = nil
}

func TestServerMayComeLateAndGoAway(t *testing.T) {
	t.Parallel()
	cc := dbtest.New(t).Config().ConnConfig
	px := newProxy(t, dialer(pgNetwork(cc)))
	out := &output{}
	logger, err := log.New(log.Options{Level: "info", Output: out})
	require.NoError(t, err)
	reg, err := health.New(logger, prometheus.NewRegistry())
	require.NoError(t, err)
	u, err := config.ParseURL(fmt.Sprintf("postgres://%s:%s@%s/%s?sslmode=disable", cc.User, cc.Password, px.address, cc.Database))
	require.NoError(t, err)
	var verified sync.Map
	db, err := postgres.Open(t.Context(), config.Database{
		URL: u, MaxConns: 4, ConnectTimeout: time.Minute, StatementTimeout: 59 * time.Second, LockTimeout: time.Minute,
	}, postgres.Deps{Application: "late", Health: reg, Verify: func(ctx context.Context, db postgres.Querier) error {
		if _, asked := verified.LoadOrStore("asked", true); !asked {
			return errors.New("schema is too old")
		}
		return selectOne(ctx, db)
	}})
	require.NoError(t, err)
	require.NoError(t, db.Start(t.Context()))
	pg, schema := reg.Dependency("postgres"), reg.Dependency("schema")
	require.Eventually(t, func() bool { return out.count("dependency is away") == 1 }, time.Minute, time.Millisecond)
	require.False(t, pg.Up())
	px.up()
	require.Eventually(t, func() bool { return pg.Up() && schema.Up() }, time.Minute, time.Millisecond)
	require.Equal(t, 1, out.count("schema is too old"))

	var app, timeout, zone string
	require.NoError(t, db.Pool.QueryRow(t.Context(),
		"SELECT current_setting('application_name'), current_setting('statement_timeout'), current_setting('timezone')").Scan(&app, &timeout, &zone))
	require.Equal(t, []string{"late", "59s", "UTC"}, []string{app, timeout, zone})
	err = postgres.InTx(t.Context(), db.Pool, func(tx pgx.Tx) error {
		if _, err := tx.Exec(t.Context(), "SET LOCAL statement_timeout = 50"); err != nil {
			return err
		}
		_, err := tx.Exec(t.Context(), "SELECT pg_sleep(300)")
		return err
	})
	require.Equal(t, "57014", postgres.Code(err))

	px.down()
	require.Eventually(t, func() bool { return !pg.Up() }, time.Minute, time.Millisecond)
	px.up()
	require.Eventually(t, pg.Up, time.Minute, time.Millisecond)
	require.NoError(t, db.Pool.Ping(t.Context()))
	require.Equal(t, 1, out.count(`"dependency is back","service":"","version":"","dependency":"schema"`))
	require.Equal(t, 2, out.count(`"dependency is back","service":"","version":"","dependency":"postgres"`))
	require.NoError(t, db.Stop(t.Context()))
}

func dialer(network, address string) func(ctx context.Context) (net.Conn, error) {
	return func(ctx context.Context) (net.Conn, error) { return (&net.Dialer{}).DialContext(ctx, network, address) }
}

func pgNetwork(c *pgx.ConnConfig) (network, address string) {
	if strings.HasPrefix(c.Host, "/") {
		return "unix", fmt.Sprintf("%s/.s.PGSQL.%d", c.Host, c.Port)
	}
	return "tcp", net.JoinHostPort(c.Host, fmt.Sprint(c.Port))
}

func TestTransactionsCommitRollBackAndRepeat(t *testing.T) {
	t.Parallel()
	pool := dbtest.New(t)
	ctx := t.Context()
	_, err := pool.Exec(ctx, "CREATE TABLE counters (id int PRIMARY KEY, n int NOT NULL)")
	require.NoError(t, err)
	_, err = pool.Exec(ctx, "INSERT INTO counters VALUES (1, 0)")
	require.NoError(t, err)

	boom := errors.New("boom")
	err = postgres.InTx(ctx, pool, func(tx pgx.Tx) error {
		_, err := tx.Exec(ctx, "UPDATE counters SET n = 100")
		require.NoError(t, err)
		return boom
	})
	require.Equal(t, boom, err, "the caller's error comes back unchanged")
	require.Panics(t, func() {
		require.NoError(t, postgres.InTx(ctx, pool, func(pgx.Tx) error { panic("bug") }))
	})

	// Read-modify-write from several sides: without repeating, serialization failures would lose some of them.
	var wg sync.WaitGroup
	var mu sync.Mutex
	runs, done := 0, 0
	for range 4 {
		wg.Go(func() {
			err := postgres.InTxWith(ctx, pool, pgx.TxOptions{IsoLevel: pgx.Serializable}, func(tx pgx.Tx) error {
				mu.Lock()
				runs++
				mu.Unlock()
				var n int
				if err := tx.QueryRow(ctx, "SELECT n FROM counters WHERE id = 1").Scan(&n); err != nil {
					return err
				}
				_, err := tx.Exec(ctx, "UPDATE counters SET n = $1 WHERE id = 1", n+1)
				return err
			})
			mu.Lock()
			defer mu.Unlock()
			if err == nil {
				done++
			} else if !postgres.Repeatable(err) {
				t.Errorf("unexpected: %v", err)
			}
		})
	}
	wg.Wait()
	var n int
	require.NoError(t, pool.QueryRow(ctx, "SELECT n FROM counters").Scan(&n))
	require.Equal(t, done, n)
	require.GreaterOrEqual(t, runs, done)

	_, err = pool.Exec(ctx, "INSERT INTO counters VALUES (1, 0)")
	require.Equal(t, "counters_pkey", postgres.Constraint(err, "23505"))
	require.Empty(t, postgres.Constraint(err, "23503"))
}

func TestTransactionsRepeatAsOftenAsAsked(t *testing.T) {
	t.Parallel()
	pool := dbtest.New(t)
	for _, failures := range []int{0, 1, 4, 5} {
		runs := 0
		err := postgres.InTx(t.Context(), pool, func(tx pgx.Tx) error {
			if runs++; runs <= failures {
				_, err := tx.Exec(t.Context(), "DO $$ BEGIN RAISE EXCEPTION 'again' USING ERRCODE = '40001'; END $$")
				return err
			}
			return nil
		})
		require.Equal(t, failures == 5, err != nil)
		require.Equal(t, min(failures+1, 5), runs)
	}
}

func TestWrongAddressIsAnErrorWithoutItsPassword(t *testing.T) {
	t.Parallel()
	u, err := config.ParseURL("postgres://u:hunter2@h/db?sslmode=sometimes")
	require.NoError(t, err)
	_, err = postgres.PoolConfig(config.Database{URL: u}, "x")
	require.ErrorContains(t, err, "database.url")
	require.NotContains(t, err.Error(), "hunter2")
}
