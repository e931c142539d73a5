package terminal_test

import (
	"context"
	"strings"
	"sync"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/stretchr/testify/require"
	"go.uber.org/zap"

	"github.com/gueencode/gueenrmm/agent/internal/leaktest"
	"github.com/gueencode/gueenrmm/agent/internal/terminal"
	"github.com/gueencode/gueenrmm/proto/agentwire"
)

func TestMain(m *testing.M) { leaktest.Main(m) }

const id = "AbCdEfGhIjKlMnOpQrStUvWxYzAbCdEfGhIjKlMn"

// screen collects what a session shows.
type screen struct {
	mu     sync.Mutex
	chunks [][]byte
	text   strings.Builder
	frames []agentwire.TerminalFrame // notices and ends
}

func (s *screen) Publish(subject string, data []byte) error {
	f, err := agentwire.DecodeTerminal(data)
	if err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if f.Notice || f.Done {
		s.frames = append(s.frames, f)
		return nil
	}
	s.chunks = append(s.chunks, f.Output)
	s.text.Write(f.Output)
	return nil
}

func (s *screen) shows(want string) func() bool {
	return func() bool {
		s.mu.Lock()
		defer s.mu.Unlock()
		return strings.Contains(s.text.String(), want)
	}
}

func (s *screen) ended() (agentwire.TerminalFrame, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, f := range s.frames {
		if f.Done {
			return f, true
		}
	}
	return agentwire.TerminalFrame{}, false
}

func (s *screen) waitEnd(t *testing.T) agentwire.TerminalFrame {
	t.Helper()
	require.Eventually(t, func() bool { _, ok := s.ended(); return ok }, time.Minute, 5*time.Millisecond)
	f, _ := s.ended()
	return f
}

func manager(t *testing.T, opts terminal.Options) (*terminal.Manager, *screen) {
	t.Helper()
	s := &screen{}
	m := terminal.New(id, s, zap.NewNop(), opts)
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
		defer cancel()
		require.NoError(t, m.Close(ctx))
	})
	return m, s
}

func TestAShellWithTheSizeThatCameFirst(t *testing.T) {
	t.Parallel()

	m, s := manager(t, terminal.Options{})
	m.Resize("s1", 41, 133)
	m.Start("s1", "/bin/sh -i", false)
	m.Input("s1", "stty size; echo $TERM-$COLORTERM\r")
	require.Eventually(t, s.shows("41 133"), time.Minute, 5*time.Millisecond)
	require.Eventually(t, s.shows("xterm-256color-truecolor"), time.Minute, 5*time.Millisecond)
	m.Resize("s1", 50, 160)
	m.Input("s1", "stty size\r")
	require.Eventually(t, s.shows("50 160"), time.Minute, 5*time.Millisecond)
	m.Input("s1", "exit 7\r")
	end := s.waitEnd(t)
	require.Equal(t, int64(7), end.ExitCode)
}

func TestInputStaysInOrder(t *testing.T) {
	t.Parallel()

	m, s := manager(t, terminal.Options{})
	m.Start("s1", "/bin/sh", false)
	m.Input("s1", "PS1='>''>'\r") // the prompt must not come while the line is typed
	require.Eventually(t, s.shows(">>"), time.Minute, 5*time.Millisecond)
	want := "echo "
	for i := range 200 {
		want += string(rune('a' + i%26))
	}
	for _, r := range want + "\r" {
		m.Input("s1", string(r))
	}
	require.Eventually(t, func() bool { // once as typed, once as the answer
		s.mu.Lock()
		defer s.mu.Unlock()
		return strings.Count(s.text.String(), want[len("echo "):]) == 2
	}, time.Minute, 5*time.Millisecond)

}

func TestChunksAreSmallAndWholeCharacters(t *testing.T) {
	t.Parallel()

	m, s := manager(t, terminal.Options{})
	m.Start("s1", "/bin/sh", false)
	m.Input("s1", "i=0; while [ $i -lt 400 ]; do printf 'x€ä漢🙂%s' $i; i=$((i+1)); done; echo; echo fin''ished\r")
	require.Eventually(t, s.shows("finished"), time.Minute, 5*time.Millisecond)
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, c := range s.chunks {
		require.LessOrEqual(t, len(c), agentwire.MaxTerminalChunk)
		require.True(t, utf8.Valid(c), "%q", c)
	}
}

func TestKillEndsTheShellAndItsJobs(t *testing.T) {
	t.Parallel()

	m, s := manager(t, terminal.Options{})
	m.Start("s1", "/bin/sh", false)
	m.Input("s1", "sleep 1000 & sleep 1000\r")
	require.Eventually(t, s.shows("sleep"), time.Minute, 5*time.Millisecond)
	m.Kill("s1")
	require.Equal(t, int64(-1), s.waitEnd(t).ExitCode)
	m.Input("s1", "nobody listens")
}

func TestStartFailuresAreTold(t *testing.T) {
	t.Parallel()

	m, s := manager(t, terminal.Options{})
	m.Start("s1", "/no/such/shell", true)
	end := s.waitEnd(t)
	require.Equal(t, int64(1), end.ExitCode)
	require.Equal(t, "s1", end.SessionID)
	require.Contains(t, string(end.Output), "[ERROR] start shell:")
	require.Contains(t, string(s.frames[0].Output), "[INFO] ")

	m, s = manager(t, terminal.Options{})
	m.Start("s2", "", false)
	m.Start("s2", "", false)
	require.Contains(t, string(s.waitEnd(t).Output), "session already exists: s2")
	m.Start("bad.id", "", false)
}

func TestAnUnusedSessionEnds(t *testing.T) {
	t.Parallel()

	m, s := manager(t, terminal.Options{Idle: 300 * time.Millisecond})
	m.Start("s1", "/bin/cat", false)
	s.waitEnd(t)
}
