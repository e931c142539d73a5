package simulate

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
	"github.com/stretchr/testify/require"

	"github.com/gueencode/gueenrmm/pkg/platform/leaktest"
	"github.com/gueencode/gueenrmm/proto/agentwire"
)

// patience is for whatever must happen; busy machines are slow.
const patience = 5 * time.Minute

// partVariable makes this test program one process of several.
const partVariable = "SIMULATE_PART"

func TestMain(m *testing.M) {
	if os.Getenv(personVariable) != "" {
		if err := RunPerson(context.Background(), os.Stdin, os.Stdout); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	if os.Getenv(partVariable) != "" {
		if err := RunPart(context.Background(), os.Stdin, os.Stdout, os.Stderr); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	leaktest.Main(m)
}

// backend is the part of a server that the simulator talks to, with what it received.
type backend struct {
	mu      sync.Mutex
	results []map[string]any
	history []map[string]any
	tokens  map[string]string
	hosts   map[string]bool

	software int
}

func (b *backend) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	b.mu.Lock()
	defer b.mu.Unlock()
	var body map[string]any
	if req.Body != nil && req.ContentLength > 0 {
		if err := json.NewDecoder(req.Body).Decode(&body); err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
	}
	reply := func(v any) {
		if err := json.NewEncoder(w).Encode(v); err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
		}
	}
	switch {
	case req.URL.Path == "/clients/sites/7/":
		reply(map[string]any{"client": 3})
	case req.URL.Path == "/agents/installer/":
		reply(map[string]any{"cmd": "x.exe -m install --api http://h --client-id 3 --auth T0KEN --ping"})
	case req.URL.Path == "/api/v3/newagent/":
		if req.Header.Get("Authorization") != "Token T0KEN" {
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		id := body["agent_id"].(string)
		b.tokens[id] = "tok-" + id
		b.hosts[body["hostname"].(string)] = true
		reply(map[string]any{"pk": len(b.tokens), "token": b.tokens[id]})
	case strings.HasSuffix(req.URL.Path, "/runchecks/"):
		reply(map[string]any{"agent": 1, "check_interval": 120, "checks": []map[string]any{
			{"id": 1, "check_type": "ping"}, {"id": 2, "check_type": "script"}, {"id": 3, "check_type": "memory"}, {"id": 4, "check_type": "diskspace"},
		}})
	case req.URL.Path == "/api/v3/checkrunner/":
		b.results = append(b.results, body)
		reply("ok")
	case req.URL.Path == "/api/v3/software/":
		b.software++
		reply("ok")
	case req.URL.Path == "/v1/agents":
		reply(map[string]any{"items": []any{}})
	case req.Method == http.MethodDelete && strings.HasPrefix(req.URL.Path, "/agents/"):
		id := strings.Trim(strings.TrimPrefix(req.URL.Path, "/agents/"), "/")
		if b.tokens[id] == "" {
			http.NotFound(w, req)
			return
		}
		delete(b.tokens, id)
		reply("ok")
	case req.URL.Path == "/clients/" || req.URL.Path == "/automation/policies/" || req.URL.Path == "/scripts/" || req.URL.Path == "/accounts/apikeys/":
		reply([]any{})
	case strings.HasSuffix(req.URL.Path, "/histresult/"):
		b.history = append(b.history, body)
		reply("ok")
	default:
		http.NotFound(w, req)
	}
}

func startBackend(t *testing.T) (*backend, string) {
	t.Helper()
	b := &backend{tokens: map[string]string{}, hosts: map[string]bool{}}
	srv := httptest.NewServer(b)
	t.Cleanup(srv.Close)
	return b, srv.URL
}

func startNATS(t *testing.T) string {
	t.Helper()
	srv, err := server.NewServer(&server.Options{Host: "127.0.0.1", Port: server.RANDOM_PORT, NoSigs: true, NoLog: true})
	require.NoError(t, err)
	srv.Start()
	t.Cleanup(func() { srv.Shutdown(); srv.WaitForShutdown() })
	require.True(t, srv.ReadyForConnections(patience))
	return srv.ClientURL()
}

func options(api, address string, s Scenario) Options {
	return Options{
		API: api, NATS: address, Key: "key", Site: 7, Agents: 8, Scenario: s, Duration: 400 * time.Millisecond, Speed: 1, Workers: 4,
		Sources: 1, ConnectRate: 1000, Settle: time.Second,
	}
}

func TestResultsFloodEnrolsAndCounts(t *testing.T) {
	t.Parallel()
	b, api := startBackend(t)
	o := options(api, startNATS(t), Results)
	o.Rate, o.Duration, o.State = 50, 3*time.Second, filepath.Join(t.TempDir(), "fleet.jsonl")
	rep, err := Run(t.Context(), o)
	require.NoError(t, err)
	require.Equal(t, 8, rep.Agents)
	posted := rep.Work[len(rep.Work)-1]
	require.Equal(t, "acknowledged results", posted.Name)
	require.Zero(t, posted.Failed)
	b.mu.Lock()
	received := len(b.results)
	b.mu.Unlock()
	require.GreaterOrEqual(t, received, int(posted.Done), "a request cut off at the end may be stored without its answer")
	require.LessOrEqual(t, received-int(posted.Done), o.Workers)
	require.LessOrEqual(t, posted.Done, int64(200), "the offered rate is a bound")

	// A second run with the same state enrols nobody.
	rep, err = Run(t.Context(), o)
	require.NoError(t, err)
	b.mu.Lock()
	require.Len(t, b.tokens, 8)
	b.mu.Unlock()
	for _, w := range rep.Work {
		require.NotEqual(t, "enrolments", w.Name)
	}
	var text strings.Builder
	require.NoError(t, rep.WriteText(&text))
	require.Contains(t, text.String(), "acknowledged results")
}

func TestHeartbeatsTravelOnTheAgentsOwnSubject(t *testing.T) {
	t.Parallel()
	_, api := startBackend(t)
	address := startNATS(t)
	conn, err := nats.Connect(address, nats.Timeout(patience))
	require.NoError(t, err)
	defer conn.Close()
	kinds := make(chan string, 1)
	_, err = conn.Subscribe("*", func(m *nats.Msg) {
		if hello, err := agentwire.DecodeHello(m.Data); err == nil && hello.AgentID == m.Subject {
			select {
			case kinds <- m.Reply:
			default: // one is enough
			}
		}
	})
	require.NoError(t, err)
	require.NoError(t, conn.Flush())
	o := options(api, address, Heartbeats)
	o.Rate, o.Duration = 50, 3*time.Second
	rep, err := Run(t.Context(), o)
	require.NoError(t, err)
	require.EqualValues(t, 8, rep.Connected)
	require.Equal(t, string(agentwire.KindHello), <-kinds)
}

func TestCommandsAreAnsweredAndPosted(t *testing.T) {
	t.Parallel()
	b, api := startBackend(t)
	address := startNATS(t)
	r := newRun(options(api, address, Steady))
	defer r.close()
	a := newAgent(r, identity{Index: 1, AgentID: strings.Repeat("a", 40), Token: "t"})
	require.NoError(t, a.connect(t.Context()))
	r.agents = append(r.agents, a)
	conn, err := nats.Connect(address, nats.Timeout(patience))
	require.NoError(t, err)
	defer conn.Close()

	payload, err := agentwire.Command{Func: "runscriptfull", ID: 5}.Encode()
	require.NoError(t, err)
	reply, err := conn.Request(a.AgentID, payload, patience)
	require.NoError(t, err)
	result, err := agentwire.DecodeScriptResult(reply.Data)
	require.NoError(t, err)
	require.Equal(t, "simulated output\n", result.Stdout)
	require.Eventually(t, func() bool { b.mu.Lock(); defer b.mu.Unlock(); return len(b.history) == 1 }, patience, 10*time.Millisecond)
}

func TestHardwareReportsHaveTheRealSize(t *testing.T) {
	t.Parallel()
	report, err := newHardwareReport(1, strings.Repeat("a", 40))
	require.NoError(t, err)
	first := slices.Clone(report.payload)
	require.InDelta(t, inventoryBytes, len(first), 0.15*inventoryBytes)
	report.change(17)
	require.NotEqual(t, first, report.payload)
	changed, err := agentwire.DecodeWMI(report.payload)
	require.NoError(t, err)
	require.Contains(t, fmt.Sprint(changed.WMI["bios"]), "SN00000001-0000000000000017")
	msg, err := agentwire.DecodeCheckIn(agentwire.KindWMI, first)
	require.NoError(t, err)
	require.Equal(t, agentwire.KindWMI, msg.Kind())
}

func TestPacerKeepsTheRate(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
	defer cancel()
	began := time.Now()
	p := newPacer(100)
	n := 0.0
	for p.next(ctx) {
		n++
	}
	require.LessOrEqual(t, n, 100*time.Since(began).Seconds()+15, "100 per second and at most a tenth of a second of catching up")
}

func TestQuantileOfGrowth(t *testing.T) {
	t.Parallel()
	set := func(low, mid, all float64) map[string]sampleSet {
		return map[string]sampleSet{"natsapi": {
			`lag_bucket{kind="a",le="0.1"}`: low, `lag_bucket{kind="a",le="1"}`: mid, `lag_bucket{kind="a",le="+Inf"}`: all,
			`lag_bucket{kind="b",le="0.1"}`: 1000,
		}}
	}
	q, err := quantile(set(10, 10, 10), set(60, 110, 110), "lag", `kind="a"`, 0.5)
	require.NoError(t, err)
	require.InDelta(t, 0.1, q, 1e-9)
	q, err = quantile(set(10, 10, 10), set(60, 110, 110), "lag", `kind="a"`, 0.99)
	require.NoError(t, err)
	require.InDelta(t, 1, q, 1e-9)
}

func TestScrapeReadsExposition(t *testing.T) {
	t.Parallel()
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, err := w.Write([]byte("# HELP x y\nx{a=\"b c\"} 3\nprocess_resident_memory_bytes 1.048576e+06\n"))
		if err != nil {
			t.Error(err)
		}
	}))
	defer srv.Close()
	set, err := scrape(t.Context(), srv.URL)
	require.NoError(t, err)
	require.InDelta(t, 3, set[`x{a="b c"}`], 0)
	http.DefaultClient.CloseIdleConnections()
}
