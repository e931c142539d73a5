package faults

import (
	"context"
	"io"
	"net"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
)

// cable is a network between agents and a server that can be cut: what is connected is torn, and nothing new comes
// through until it is mended.
type cable struct {
	listener net.Listener
	target   string
	work     sync.WaitGroup

	mu    sync.Mutex
	cut   bool
	conns map[net.Conn]bool
}

func newCable(t *testing.T, target string) *cable {
	t.Helper()
	l, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	require.NoError(t, err)
	c := &cable{listener: l, target: target, conns: map[net.Conn]bool{}}
	ctx, cancel := context.WithCancel(context.Background())
	c.work.Go(func() { c.accept(ctx) })
	t.Cleanup(func() {
		cancel()
		require.NoError(t, l.Close())
		c.Cut()
		c.work.Wait()
	})
	return c
}

// Address is what agents connect to.
func (c *cable) Address() string { return c.listener.Addr().String() }

func (c *cable) accept(ctx context.Context) {
	for {
		near, err := c.listener.Accept()
		if err != nil {
			return // closed at the end of the test
		}
		c.work.Go(func() { c.carry(ctx, near) })
	}
}

func (c *cable) carry(ctx context.Context, near net.Conn) {
	if !c.add(near) {
		return
	}
	defer c.remove(near)
	far, err := (&net.Dialer{}).DialContext(ctx, "tcp", c.target)
	if err != nil || !c.add(far) {
		return
	}
	defer c.remove(far)
	var both sync.WaitGroup
	for _, way := range [][2]net.Conn{{near, far}, {far, near}} {
		both.Go(func() {
			// Why a direction ends does not matter: the other one is ended with it.
			_, _ = io.Copy(way[0], way[1])
			c.remove(way[0])
			c.remove(way[1])
		})
	}
	both.Wait()
}

// add keeps a connection so that it can be torn; while the cable is cut it is torn at once.
func (c *cable) add(conn net.Conn) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.cut {
		tear(conn)
		return false
	}
	c.conns[conn] = true
	return true
}

func (c *cable) remove(conn net.Conn) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.conns[conn] {
		delete(c.conns, conn)
		tear(conn)
	}
}

// tear resets the connection, so that what is still on the way is lost.
func tear(conn net.Conn) {
	if tcp, ok := conn.(*net.TCPConn); ok {
		_ = tcp.SetLinger(0) // the connection may be gone already
	}
	_ = conn.Close() // the connection may be gone already
}

// Cut tears everything.
func (c *cable) Cut() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.cut = true
	for conn := range c.conns {
		delete(c.conns, conn)
		tear(conn)
	}
}

// Mend lets new connections through.
func (c *cable) Mend() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.cut = false
}
