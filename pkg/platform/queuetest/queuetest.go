// Package queuetest runs a real redis-server for a test: on a free port, without persistence, gone with the test.
package queuetest

import (
	"context"
	"io"
	"net"
	"os/exec"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/stretchr/testify/require"

	"github.com/gueencode/gueenrmm/pkg/platform/porttest"
)

// wait bounds how long a server may take to come up; busy machines are slow.
const wait = time.Minute

// script runs the server until standard input ends, which it does when the test process dies, however it dies.
const script = `"$@" & server=$!; cat >/dev/null; kill "$server"; wait "$server"`

// Server is one redis-server. Its data is lost when it stops, as in a crash of the worst sort.
type Server struct {
	address string
	process *exec.Cmd
	alive   io.Closer
}

// Redis starts a server and returns its address as the setting redis.url takes it.
func Redis(t testing.TB) string { return Start(t).URL() }

// Start starts a server that the test may stop and start again.
func Start(t testing.TB) *Server {
	t.Helper()
	s := &Server{address: porttest.Reserve(t)}
	s.Restart(t)
	t.Cleanup(func() { s.Stop(t) })
	return s
}

// URL is the address of the server; it stays the same over restarts.
func (s *Server) URL() string { return "redis://" + s.address + "/0" }

// Stop ends the server; stopping twice is no error.
func (s *Server) Stop(t testing.TB) {
	t.Helper()
	if s.process == nil {
		return
	}
	require.NoError(t, s.alive.Close())
	// The server is ended by a signal, so its exit says nothing.
	if err := s.process.Wait(); err != nil {
		var exit *exec.ExitError
		require.ErrorAs(t, err, &exit)
	}
	s.process = nil
}

// Restart starts a stopped server on the same port, without the data it had.
func (s *Server) Restart(t testing.TB) {
	t.Helper()
	s.Stop(t)
	binary, err := exec.LookPath("redis-server")
	require.NoError(t, err, "install Redis (apt install redis-server)")
	_, port, err := net.SplitHostPort(s.address)
	require.NoError(t, err)
	cmd := exec.Command("sh", "-c", script, "redis", binary, "--port", port, "--bind", "127.0.0.1", "--save", "", "--appendonly", "no",
		"--dir", t.TempDir(), "--logfile", "redis.log")
	stdin, err := cmd.StdinPipe()
	require.NoError(t, err)
	require.NoError(t, cmd.Start())
	s.process, s.alive = cmd, stdin

	client := redis.NewClient(&redis.Options{Addr: s.address})
	defer func() { require.NoError(t, client.Close()) }()
	require.Eventually(t, func() bool {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(t.Context()), 5*time.Second)
		defer cancel()
		return client.Ping(ctx).Err() == nil
	}, wait, 5*time.Millisecond, "redis-server does not answer")
}
