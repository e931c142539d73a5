// Package bustest runs a real nats-server inside the test, with the generated configuration of an installation, on random
// ports. Agents are admitted by a small responder unless the test brings its own.
package bustest

import (
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
	"github.com/stretchr/testify/require"
	"golang.org/x/crypto/bcrypt"

	"github.com/gueencode/gueenrmm/pkg/platform/bus"
	"github.com/gueencode/gueenrmm/pkg/platform/porttest"
)

// Names of the users of every test server. The passwords equal the names.
const (
	ServicesUser = "services"
	SystemUser   = "system"
	AuthUser     = "auth"
)

// Admission is how long the server waits for the answer whether a client may connect: longer than that of an installation, for busy
// machines, and short enough for a client that came while nobody answers.
const Admission = 4 * time.Second

// ready is how long anything of the server may take: on a busy machine everything waits.
const ready = time.Minute

// Server is a running nats-server.
type Server struct {
	Settings bus.ServerSettings
	conf     string
	mu       sync.Mutex
	srv      *server.Server
	url      string
	wsURL    string
	tokens   map[string]string
}

// Start runs a server with a responder that admits the agents named by Admit.
func Start(t testing.TB) *Server {
	t.Helper()
	s := StartWithoutAuth(t)
	signer, err := bus.NewSigner(s.Settings.IssuerSeed)
	require.NoError(t, err)
	nc := s.connect(t, AuthUser)
	_, err = nc.QueueSubscribe(bus.AuthSubject, "auth", func(m *nats.Msg) { s.answer(signer, m) })
	require.NoError(t, err)
	require.NoError(t, nc.Flush())
	return s
}

// StartWithoutAuth runs a server on which nobody answers authentication requests yet.
func StartWithoutAuth(t testing.TB) *Server {
	t.Helper()
	seed, err := bus.NewIssuerSeed()
	require.NoError(t, err)
	dir := t.TempDir()
	s := &Server{tokens: map[string]string{}, conf: filepath.Join(dir, "nats.json"), Settings: bus.ServerSettings{
		Name: "test", Listen: porttest.Reserve(t), WebSocket: "127.0.0.1:-1", StoreDir: filepath.Join(dir, "jetstream"),
		MaxStore: 1 << 30, User: ServicesUser, Password: ServicesUser, SystemUser: SystemUser, SystemPassword: SystemUser,
		AuthUser: AuthUser, AuthPassword: AuthUser, IssuerSeed: seed, BcryptCost: bcrypt.MinCost,
	}}
	s.run(t)
	t.Cleanup(s.Stop)
	return s
}

func (s *Server) run(t testing.TB) {
	t.Helper()
	conf, err := bus.ServerConfig(s.Settings)
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(s.conf, conf, 0o600))
	opts, err := server.ProcessConfigFile(s.conf)
	require.NoError(t, err)
	opts.NoLog, opts.NoSigs = true, true
	// No first PING comes before the admission, which clients take for a broken greeting.
	opts.AuthTimeout, opts.DisableShortFirstPing = Admission.Seconds(), true
	srv, err := server.NewServer(opts)
	require.NoError(t, err)
	srv.Start()
	require.True(t, srv.ReadyForConnections(ready), "nats-server is not ready")
	s.mu.Lock()
	defer s.mu.Unlock()
	s.srv, s.url, s.wsURL = srv, srv.ClientURL(), srv.WebsocketURL()
}

// Stop ends the server; tests call it to take the bus away.
func (s *Server) Stop() {
	s.mu.Lock()
	srv := s.srv
	s.srv = nil
	s.mu.Unlock()
	if srv != nil {
		srv.Shutdown()
		srv.WaitForShutdown()
	}
}

// Restart brings the server back on the same plain port with its JetStream data.
func (s *Server) Restart(t testing.TB) {
	t.Helper()
	s.Stop()
	s.run(t)
}

// URL is the address of the plain listener.
func (s *Server) URL() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.url
}

// WebSocketURL is the address of the listener behind /natsws.
func (s *Server) WebSocketURL() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.wsURL
}

// Admit lets the agent connect with the token.
func (s *Server) Admit(agentID, token string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.tokens[agentID] = token
}

// Services returns a connection of a service.
func (s *Server) Services(t testing.TB) *nats.Conn { return s.connect(t, ServicesUser) }

// System returns a connection to the system account.
func (s *Server) System(t testing.TB) *nats.Conn { return s.connect(t, SystemUser) }

// Agent admits the agent and returns its connection, made as a deployed agent makes it.
func (s *Server) Agent(t testing.TB, agentID string, options ...nats.Option) *nats.Conn {
	t.Helper()
	token := "token-of-" + agentID
	s.Admit(agentID, token)
	options = append([]nats.Option{nats.UserInfo(agentID, token), nats.Name(agentID), nats.ReconnectBufSize(-1), nats.Timeout(ready)}, options...)
	nc, err := persist(func() (*nats.Conn, error) { return nats.Connect(s.URL(), options...) })
	require.NoError(t, err)
	t.Cleanup(nc.Close)
	return nc
}

// persist connects again while the server does not get its answer in time.
func persist(connect func() (*nats.Conn, error)) (nc *nats.Conn, err error) {
	for end := time.Now().Add(ready); ; {
		if nc, err = connect(); err == nil || time.Now().After(end) {
			return nc, err
		}
	}
}

// Drain waits until the server has processed everything that the connection sent.
func Drain(t testing.TB, nc *nats.Conn) {
	t.Helper()
	require.NoError(t, nc.FlushTimeout(ready))
}

func (s *Server) connect(t testing.TB, user string) *nats.Conn {
	t.Helper()
	nc, err := nats.Connect(s.URL(), nats.UserInfo(user, user), nats.Name("test "+user), nats.Timeout(ready),
		nats.MaxReconnects(-1), nats.ReconnectWait(50*time.Millisecond))
	require.NoError(t, err, fmt.Sprintf("connect as %s", user))
	t.Cleanup(nc.Close)
	return nc
}

func (s *Server) answer(signer *bus.Signer, m *nats.Msg) {
	req, err := bus.ParseAuthRequest(m.Data)
	if err != nil {
		return
	}
	s.mu.Lock()
	token, known := s.tokens[req.User]
	s.mu.Unlock()
	data := bus.Refusal()
	if known && token == req.Password {
		data, err = signer.AllowAgent(req, req.User)
	}
	if err == nil {
		// A lost answer shows as a refused connection in the test that waits for it.
		if err := m.Respond(data); err != nil {
			return
		}
	}
}
