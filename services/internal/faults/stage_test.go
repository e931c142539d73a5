package faults

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/require"

	"github.com/gueencode/gueenrmm/pkg/platform/leaktest"
	"github.com/gueencode/gueenrmm/proto/agentwire"
	"github.com/gueencode/gueenrmm/services/internal/simulate"
	"github.com/gueencode/gueenrmm/services/internal/suite"
	"github.com/gueencode/gueenrmm/services/internal/suite/suitetest"
)

func TestMain(m *testing.M) { leaktest.Main(m) }

const (
	// within bounds every wait for something that must happen; busy machines are slow.
	within = 4 * time.Minute
	every  = 50 * time.Millisecond
)

// stage is a suite with a fleet on it.
type stage struct {
	scale
	began    time.Time
	bin      string
	suite    *suite.Suite
	ground   simulate.Ground
	fleet    *simulate.Fleet
	pool     *pgxpool.Pool
	client   *client
	commands *commands
}

// raise starts a suite whose data is flushed to disk, and a connected fleet.
func raise(ctx context.Context, t *testing.T) *stage {
	t.Helper()
	st := &stage{scale: scaleOf(), commands: &commands{seen: map[string]map[int]int{}}}
	st.bin = suitetest.Programs(t)
	st.began = time.Now()
	var err error
	st.suite, err = suite.Start(ctx, suite.Options{
		Dir: t.TempDir(), Bin: st.bin, Web: suitetest.Web(t), NoAgent: true, Ephemeral: true, Durable: true, NATSStore: st.store,
		// Work that Redis forgot is looked for within the length of this test.
		Extra: []string{"GUEEN_WORKER_RECHECK=2s", "GUEEN_WORKER_CONCURRENCY=" + strconv.Itoa(workerHands)},
	})
	require.NoError(t, err)
	t.Cleanup(func() { st.lower(t) })
	token, err := st.suite.StartSession(ctx)
	require.NoError(t, err)
	access := st.suite.Access()
	st.ground, err = simulate.Prepare(ctx, access.API, simulate.WithSession(token))
	require.NoError(t, err)
	st.client = newClient(t, access.API, st.ground.Key)
	st.pool, err = pgxpool.New(ctx, st.suite.DatabaseURL())
	require.NoError(t, err)
	t.Cleanup(st.pool.Close)
	st.fleet = st.open(ctx, t, access.API, access.NATS, 0, st.agents)
	t.Logf("suite and %d agents are up after %.1f s", st.agents, time.Since(st.began).Seconds())
	return st
}

// open enrols and connects agents first … first+n-1.
func (st *stage) open(ctx context.Context, t *testing.T, api, nats string, first, n int) *simulate.Fleet {
	t.Helper()
	f, err := simulate.Open(ctx, simulate.Options{
		API: api, NATS: nats, Key: st.ground.Key, Site: st.ground.Site, Agents: n, First: first, Workers: 16, Sources: 1, ConnectRate: 500,
		OnCommand: st.commands.note,
	})
	require.NoError(t, err)
	t.Cleanup(f.Close)
	return f
}

// lower stops the suite; when the test failed it says what the services said.
func (st *stage) lower(t *testing.T) {
	ctx, cancel := context.WithTimeout(context.Background(), within)
	defer cancel()
	if t.Failed() {
		for _, p := range st.suite.Processes() {
			t.Logf("end of %s:\n%s", p.Name(), tail(t, p.LogPath()))
		}
	}
	require.NoError(t, st.suite.Stop(ctx))
}

func tail(t *testing.T, path string) string {
	text, err := os.ReadFile(filepath.Clean(path))
	if err != nil {
		return err.Error()
	}
	lines := strings.Split(strings.TrimSpace(string(text)), "\n")
	return strings.Join(lines[max(0, len(lines)-15):], "\n")
}

// process returns a process of the suite.
func (st *stage) process(t *testing.T, name string) *suite.Process {
	t.Helper()
	p := st.suite.Process(name)
	require.NotNil(t, p, name)
	return p
}

// pids are the process ids by name.
func (st *stage) pids() map[string]int {
	ids := map[string]int{}
	for _, p := range st.suite.Processes() {
		ids[p.Name()] = p.PID()
	}
	return ids
}

// allReady waits until every process says that it is ready.
func (st *stage) allReady(ctx context.Context, t *testing.T) {
	t.Helper()
	ctx, cancel := context.WithTimeout(ctx, within)
	defer cancel()
	for _, p := range st.suite.Processes() {
		require.NoError(t, p.WaitReady(ctx))
	}
}

// commands counts the commands that reach simulated agents, by agent and number of the task.
type commands struct {
	mu   sync.Mutex
	seen map[string]map[int]int
}

func (c *commands) note(agentID string, cmd agentwire.Command) {
	if cmd.Func != agentwire.FuncRunTask {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.seen[agentID] == nil {
		c.seen[agentID] = map[int]int{}
	}
	c.seen[agentID][cmd.TaskPK]++
}

// times is how often an agent was told to run a task.
func (c *commands) times(agentID string, task int) int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.seen[agentID][task]
}

// counts returns how many different commands came, and how many in all.
func (c *commands) counts() (different, total int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, tasks := range c.seen {
		different += len(tasks)
		for _, n := range tasks {
			total += n
		}
	}
	return different, total
}

// hold waits for the length of an outage.
func hold(ctx context.Context, t *testing.T, d time.Duration) {
	t.Helper()
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
		require.NoError(t, fmt.Errorf("hold: %w", ctx.Err()))
	}
}
