// Package terminal runs interactive shells for the browser (agent-protocol.md §3.6). Input of a session is applied in the
// order it came, output is cut at character boundaries, and a session that nobody uses any more is ended.
package terminal

import (
	"context"
	"errors"
	"sync"
	"time"

	"go.uber.org/zap"

	"github.com/gueencode/gueenrmm/proto/agentwire"
	"github.com/gueencode/gueenrmm/proto/subjects"
)

const (
	maxSessions  = 16
	maxRemember  = 64 // sizes of sessions that have not begun
	inputQueue   = 1024
	maxDimension = 1000
	defaultRows  = 30
	defaultCols  = 120
)

// Publisher sends output.
type Publisher interface {
	Publish(subject string, data []byte) error
}

// Options bounds sessions.
type Options struct {
	Idle       time.Duration // without input and output, 1 h
	Unattended time.Duration // without input, 12 h: output alone does not show that anyone is there
}

// Size of a terminal in characters.
type Size struct{ Rows, Cols uint16 }

// Manager holds the sessions of one agent.
type Manager struct {
	agentID string
	pub     Publisher
	log     *zap.Logger
	opts    Options

	mu       sync.Mutex
	closed   bool
	sessions map[string]*session
	sizes    map[string]Size
	running  sync.WaitGroup
}

// New makes a manager.
func New(agentID string, pub Publisher, log *zap.Logger, opts Options) *Manager {
	if opts.Idle <= 0 {
		opts.Idle = time.Hour
	}
	if opts.Unattended <= 0 {
		opts.Unattended = 12 * time.Hour
	}
	return &Manager{agentID: agentID, pub: pub, log: log, opts: opts, sessions: map[string]*session{}, sizes: map[string]Size{}}
}

// Start opens a session. What goes wrong is told on the session's subject.
func (m *Manager) Start(id, shell string, runAsUser bool) {
	subject := subjects.Terminal(m.agentID, id)
	if subject == "" {
		m.log.Warn("terminal session with a malformed id refused")
		return
	}
	if runAsUser {
		m.say(subject, agentwire.EncodeTerminalInfo, id, "Run as user is not available on this system.")
	}
	if err := m.open(id, subject, shell); err != nil {
		m.log.Warn("terminal not started", zap.String("session_id", id), zap.Error(err))
		m.say(subject, agentwire.EncodeTerminalError, id, err.Error())
	}
}

func (m *Manager) open(id, subject, shell string) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	switch {
	case m.closed:
		return errors.New("the agent is stopping")
	case m.sessions[id] != nil:
		return errors.New("session already exists: " + id)
	case len(m.sessions) >= maxSessions:
		return errors.New("too many terminal sessions")
	}
	size, known := m.sizes[id]
	if !known {
		size = Size{Rows: defaultRows, Cols: defaultCols}
	}
	delete(m.sizes, id)
	tty, err := openTTY(shell, size)
	if err != nil {
		return err
	}
	s := newSession(id, subject, tty, m.pub, m.log, m.opts)
	m.sessions[id] = s
	m.running.Go(func() {
		s.run()
		m.mu.Lock()
		delete(m.sessions, id)
		m.mu.Unlock()
	})
	return nil
}

// Input writes to a session; without one it does nothing.
func (m *Manager) Input(id, data string) {
	if s := m.session(id); s != nil {
		s.write(data)
	}
}

// Resize changes the size of a session, or remembers it for one that has not begun.
func (m *Manager) Resize(id string, rows, cols int) {
	if rows < 1 || cols < 1 {
		return
	}
	size := Size{Rows: uint16(min(rows, maxDimension)), Cols: uint16(min(cols, maxDimension))}
	m.mu.Lock()
	defer m.mu.Unlock()
	if s := m.sessions[id]; s != nil {
		if err := s.resize(size); err != nil {
			m.log.Warn("terminal not resized", zap.String("session_id", id), zap.Error(err))
		}
		return
	}
	if subjects.ValidToken(id) && len(m.sizes) < maxRemember {
		m.sizes[id] = size
	}
}

// Kill ends a session; its end is published as of any other.
func (m *Manager) Kill(id string) {
	m.mu.Lock()
	delete(m.sizes, id)
	m.mu.Unlock()
	if s := m.session(id); s != nil {
		s.kill()
	}
}

// Close ends all sessions and waits for them until the context ends.
func (m *Manager) Close(ctx context.Context) error {
	m.mu.Lock()
	m.closed = true
	for _, s := range m.sessions {
		s.kill()
	}
	m.mu.Unlock()
	done := make(chan struct{})
	go func() { m.running.Wait(); close(done) }()
	select {
	case <-done:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (m *Manager) session(id string) *session {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.sessions[id]
}

func (m *Manager) say(subject string, encode func(id, text string) ([]byte, error), id, text string) {
	data, err := encode(id, text)
	if err == nil {
		err = m.pub.Publish(subject, data)
	}
	if err != nil {
		m.log.Warn("terminal message not sent", zap.String("session_id", id), zap.Error(err))
	}
}
