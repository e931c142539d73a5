// Package bustest runs a real nats-server whose users have the permissions of agent-protocol.md §8.
package bustest

import (
	"math/rand/v2"
	"net"
	"strconv"
	"sync/atomic"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
	"github.com/stretchr/testify/require"
)

const (
	backendUser = "backend"
	backendPass = "backend"
)

// Server is a running nats-server.
type Server struct {
	URL          string
	WebSocketURL string

	srv    *server.Server
	tokens atomic.Pointer[map[string]string]
	denied atomic.Int64
}

// Start runs a server on free ports that knows one agent.
func Start(t *testing.T, agentID, token string) *Server {
	t.Helper()
	return StartOn(t, "", agentID, token)
}

// StartOn runs a server on the given port for plain connections.
func StartOn(t *testing.T, port, agentID, token string) *Server {
	t.Helper()
	s := &Server{}
	s.SetToken(t, agentID, token)
	opts := &server.Options{
		Host: "127.0.0.1", Port: server.RANDOM_PORT, NoSigs: true, NoLog: true, MaxPayload: 64 << 20,
		Websocket:                  server.WebsocketOpts{Host: "127.0.0.1", Port: -1, NoTLS: true, Compression: true},
		CustomClientAuthentication: s,
	}
	if port != "" {
		n, err := strconv.Atoi(port)
		require.NoError(t, err)
		opts.Port = n
	}
	srv, err := server.NewServer(opts)
	require.NoError(t, err)
	s.srv = srv
	go srv.Start()
	t.Cleanup(s.Shutdown)
	require.True(t, srv.ReadyForConnections(time.Minute))
	s.URL, s.WebSocketURL = srv.ClientURL(), srv.WebsocketURL()
	return s
}

// SetToken replaces the known agents.
func (s *Server) SetToken(t *testing.T, agentID, token string) {
	t.Helper()
	s.tokens.Store(&map[string]string{agentID: token})
}

// AuthErrors counts refused connections.
func (s *Server) AuthErrors() int64 { return s.denied.Load() }

// Shutdown stops the server; it may be called twice.
func (s *Server) Shutdown() {
	s.srv.Shutdown()
	s.srv.WaitForShutdown()
}

// Check implements server.Authentication.
func (s *Server) Check(c server.ClientAuthentication) bool {
	opts := c.GetOpts()
	if opts.Username == backendUser && opts.Password == backendPass {
		c.RegisterUser(&server.User{Username: backendUser})
		return true
	}
	token, known := (*s.tokens.Load())[opts.Username]
	if !known || token != opts.Password {
		s.denied.Add(1)
		return false
	}
	id := opts.Username
	c.RegisterUser(&server.User{Username: id, Permissions: &server.Permissions{
		Publish:   &server.SubjectPermission{Allow: []string{id, id + ".cmdoutput.>", id + ".terminal.>"}},
		Subscribe: &server.SubjectPermission{Allow: []string{id}},
		Response:  &server.ResponsePermission{MaxMsgs: 1, Expires: 1435 * time.Minute},
	}})
	return true
}

// Backend connects as the server's side, which may use every subject.
func (s *Server) Backend(t *testing.T) *nats.Conn {
	t.Helper()
	nc, err := nats.Connect(s.URL, nats.UserInfo(backendUser, backendPass), nats.Timeout(time.Minute))
	require.NoError(t, err)
	t.Cleanup(nc.Close)
	return nc
}

// FreePort finds a port that was free a moment ago, below those that the system hands out for outgoing connections and above those that
// suites of the product pick.
func FreePort(t *testing.T) string {
	t.Helper()
	for range 100 {
		port := strconv.Itoa(31_000 + rand.IntN(1_700))
		l, err := net.Listen("tcp", net.JoinHostPort("127.0.0.1", port))
		if err != nil {
			continue
		}
		require.NoError(t, l.Close())
		return port
	}
	require.Fail(t, "no free port")
	return ""
}
