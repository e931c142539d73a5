// Package apptest is a server that speaks the HTTP part of the agent contract (agent-protocol.md §4) from memory, for the
// agent's own tests.
package apptest

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"github.com/gueencode/gueenrmm/proto/agentwire"
)

// InstallerToken is the token that may enrol.
const InstallerToken = "installer-token"

// Result is something an agent has posted.
type Result struct {
	Method, Path, ID string
	Body             map[string]any
}

// Server is the server's side.
type Server struct {
	URL   string
	Token string // what newagent gives out and every other route asks for

	// OnRegister is called with the new agent's id before newagent answers.
	OnRegister func(agentID string)

	mu       sync.Mutex
	config   agentwire.Config
	checks   string // JSON list
	tasks    map[string]string
	results  []Result
	refuse   int // status for results while not 0
	latest   string
	enrolled []agentwire.NewAgentRequest
}

// Start runs the server until the test ends.
func Start(t *testing.T, token string) *Server {
	t.Helper()
	s := &Server{
		Token: token, OnRegister: func(string) {}, checks: "[]", tasks: map[string]string{}, latest: "2.11.0",
		config: agentwire.Config{Hello: 1, AgentInfo: 1, WinServices: 1, PublicIP: 3600, Disks: 1, Software: 1, WMI: 1, SyncMesh: 1},
	}
	hs := httptest.NewServer(http.HandlerFunc(s.serve))
	t.Cleanup(hs.Close)
	s.URL = hs.URL
	return s
}

// SetChecks replaces the checks, given as a JSON list.
func (s *Server) SetChecks(list string) { s.mu.Lock(); s.checks = list; s.mu.Unlock() }

// SetTask defines a task.
func (s *Server) SetTask(pk, task string) { s.mu.Lock(); s.tasks[pk] = task; s.mu.Unlock() }

// RefuseResults makes the server answer results with a status; 0 makes it take them again.
func (s *Server) RefuseResults(status int) { s.mu.Lock(); s.refuse = status; s.mu.Unlock() }

// SetLatest sets the lowest version that may enrol.
func (s *Server) SetLatest(v string) { s.mu.Lock(); s.latest = v; s.mu.Unlock() }

// Enrolled lists the registrations.
func (s *Server) Enrolled() []agentwire.NewAgentRequest {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]agentwire.NewAgentRequest(nil), s.enrolled...)
}

// Results lists what was taken below a path.
func (s *Server) Results(path string) []Result {
	s.mu.Lock()
	defer s.mu.Unlock()
	var out []Result
	for _, r := range s.results {
		if strings.HasPrefix(r.Path, path) {
			out = append(out, r)
		}
	}
	return out
}

func (s *Server) serve(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	auth := r.Header.Get("Authorization")
	parts := strings.Split(strings.Trim(r.URL.Path, "/"), "/")
	installer := len(parts) > 2 && (parts[2] == "installer" || parts[2] == "newagent")
	if installer && auth != "Token "+InstallerToken || !installer && auth != "Token "+s.Token {
		reply(w, http.StatusUnauthorized, map[string]string{"detail": "Invalid token."})
		return
	}
	body, err := io.ReadAll(io.LimitReader(r.Body, 64<<20))
	if err != nil {
		reply(w, http.StatusBadRequest, err.Error())
		return
	}
	if installer {
		s.install(w, r.Method, parts[2], body)
		return
	}
	last := parts[len(parts)-1]
	switch {
	case r.Method == http.MethodGet && last == "config":
		reply(w, http.StatusOK, s.config)
	case r.Method == http.MethodGet && last == "checkinterval":
		reply(w, http.StatusOK, agentwire.CheckInterval{Agent: 1, CheckInterval: 1})
	case r.Method == http.MethodGet && (last == "checkrunner" || last == "runchecks"):
		reply(w, http.StatusOK, map[string]any{"agent": 1, "check_interval": 1, "checks": json.RawMessage(s.checks)})
	case r.Method == http.MethodGet && last == "taskrunner":
		task, known := s.tasks[parts[2]]
		if !known {
			reply(w, http.StatusNotFound, map[string]string{"detail": "Not found."})
			return
		}
		reply(w, http.StatusOK, json.RawMessage(task))
	default:
		s.take(w, r, body)
	}
}

func (s *Server) install(w http.ResponseWriter, method, route string, body []byte) {
	if method == http.MethodGet {
		reply(w, http.StatusOK, "ok")
		return
	}
	if route == "installer" {
		var req agentwire.InstallerCheck
		if err := json.Unmarshal(body, &req); err != nil || req.Version < s.latest {
			reply(w, http.StatusBadRequest, "Old installer detected (version "+req.Version+" ).")
			return
		}
		reply(w, http.StatusOK, "ok")
		return
	}
	var req agentwire.NewAgentRequest
	if err := json.Unmarshal(body, &req); err != nil || !agentwire.ValidAgentID(req.AgentID) {
		reply(w, http.StatusBadRequest, "bad body")
		return
	}
	s.enrolled = append(s.enrolled, req)
	s.OnRegister(req.AgentID)
	reply(w, http.StatusOK, agentwire.NewAgentResponse{PK: 17, Token: s.Token})
}

func (s *Server) take(w http.ResponseWriter, r *http.Request, body []byte) {
	if s.refuse != 0 {
		w.WriteHeader(s.refuse)
		return
	}
	res := Result{Method: r.Method, Path: r.URL.Path, ID: r.Header.Get(agentwire.HeaderResultID)}
	if err := json.Unmarshal(body, &res.Body); err != nil {
		reply(w, http.StatusBadRequest, err.Error())
		return
	}
	s.results = append(s.results, res)
	reply(w, http.StatusOK, "ok")
}

func reply(w http.ResponseWriter, status int, v any) {
	data, err := json.Marshal(v)
	if err != nil {
		status, data = http.StatusInternalServerError, nil
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	w.Write(data) //nolint:errcheck // a client that hangs up is no concern of a test server
}
