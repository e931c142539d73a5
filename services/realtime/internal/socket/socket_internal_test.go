package socket

import (
	"bytes"
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/coder/websocket"
	"github.com/stretchr/testify/require"

	"github.com/gueencode/gueenrmm/pkg/platform/leaktest"
	"github.com/gueencode/gueenrmm/proto/frames"
)

func TestMain(m *testing.M) { leaktest.Main(m) }

// pair returns both ends of a socket.
func pair(t *testing.T) (*Socket, *websocket.Conn) {
	t.Helper()
	accepted := make(chan *Socket, 1)
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s, err := Accept(context.WithoutCancel(r.Context()), w, r)
		if err != nil {
			t.Error(err)
			return
		}
		accepted <- s
		for {
			if _, err := s.Receive(context.WithoutCancel(r.Context())); err != nil {
				s.Wait()
				return
			}
		}
	}))
	client, _, err := websocket.Dial(t.Context(), "ws"+srv.URL[len("http"):], nil)
	require.NoError(t, err)
	client.SetReadLimit(1 << 20)
	t.Cleanup(func() {
		client.CloseNow() //nolint:errcheck // it may have ended by itself
		srv.Close()
	})
	return <-accepted, client
}

// fill sends frames of a kilobyte until there is no room.
func fill(t *testing.T, s *Socket, instead []byte) (sent int) {
	t.Helper()
	frame := bytes.Repeat([]byte("x"), 1<<10)
	for {
		err := s.SendOr(frame, instead)
		if err == nil {
			sent++
			continue
		}
		require.ErrorIs(t, err, ErrBehind)
		return sent
	}
}

// TestBurstIsReplaced: a client that reads nothing during a burst gets what was queued, then one frame for all that was
// left out, and is served as before after that.
func TestBurstIsReplaced(t *testing.T) {
	t.Parallel()
	s, client := pair(t)
	instead := []byte("again")
	sent := fill(t, s, instead)
	require.GreaterOrEqual(t, sent, queueFrames)
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	// The last one was left out. The writer takes the others meanwhile: when it has them all, it sends the one that stands for the rest.
	for range sent {
		_, data, err := client.Read(ctx)
		require.NoError(t, err)
		require.Len(t, data, 1<<10)
	}
	_, data, err := client.Read(ctx)
	require.NoError(t, err)
	require.Equal(t, "again", string(data))
	require.NoError(t, s.SendOr([]byte("next"), instead))
	_, data, err = client.Read(ctx)
	require.NoError(t, err)
	require.Equal(t, "next", string(data))
}

// TestWhoStaysBehindIsClosed with the code that tells a browser to come back at once.
func TestWhoStaysBehindIsClosed(t *testing.T) {
	t.Parallel()
	s, client := pair(t)
	frame := bytes.Repeat([]byte("x"), 1<<20) // too much for the buffers of the connection
	for {                                     // while the buffers of the connection have room, the writer catches up
		err := s.SendOr(frame, []byte("again"))
		if errors.Is(err, ErrClosed) {
			break
		}
		s.mu.Lock()
		if s.instead != nil {
			s.behind = time.Now().Add(-mayLag - time.Second)
		}
		s.mu.Unlock()
	}
	require.Equal(t, frames.CloseSlowReader, s.Code())
	require.ErrorIs(t, s.SendRaw([]byte("x")), ErrClosed)
	require.NoError(t, client.CloseNow())
}
