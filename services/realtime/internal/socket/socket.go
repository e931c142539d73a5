// Package socket is one WebSocket of a browser: a bounded queue in front of it, so that a client that reads slowly costs
// nobody else anything, pings while it is idle, a limit on what it may send, and one reason for its end.
package socket

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"sync"
	"time"

	"github.com/coder/websocket"

	"github.com/gueencode/gueenrmm/proto/frames"
)

// Limits of every socket.
const (
	queueFrames = 512
	queueBytes  = 2 << 20
	writeWithin = 10 * time.Second
	pingEvery   = 25 * time.Second
	pongWithin  = 15 * time.Second
	maxReason   = 120 // bytes of a close reason, RFC 6455 allows 123
	closeNormal = int(websocket.StatusNormalClosure)
	closeGoing  = int(websocket.StatusGoingAway)
)

// ErrClosed says that the socket has ended.
var ErrClosed = errors.New("socket is closed")

// Socket is one connection. Send, SendWait and Close are safe for concurrent use; Receive is for one goroutine.
type Socket struct {
	conn *websocket.Conn
	out  chan []byte

	mu     sync.Mutex
	queued int
	code   int
	reason string

	ended   chan struct{} // closed with the first Close
	written chan struct{} // closed when the writer is done
	once    sync.Once
	cancel  context.CancelFunc
	loops   sync.WaitGroup
}

// Accept upgrades the request. The caller has checked Origin and identity. The socket lives until Close, the client's
// end or the context's.
func Accept(ctx context.Context, w http.ResponseWriter, r *http.Request) (*Socket, error) {
	conn, err := websocket.Accept(w, r, &websocket.AcceptOptions{
		InsecureSkipVerify: true, // gate checks the origin against the list of the installation
		CompressionMode:    websocket.CompressionNoContextTakeover, CompressionThreshold: 512,
	})
	if err != nil {
		return nil, fmt.Errorf("accept websocket: %w", err)
	}
	conn.SetReadLimit(frames.MaxFrame)
	s := &Socket{conn: conn, out: make(chan []byte, queueFrames), ended: make(chan struct{}), written: make(chan struct{})}
	ctx, s.cancel = context.WithCancel(ctx)
	s.loops.Go(func() { s.write(ctx) })
	s.loops.Go(func() { s.ping(ctx) })
	return s, nil
}

// Send queues a frame without waiting. A client that does not keep up is closed with CloseSlowReader.
func (s *Socket) Send(v any) error {
	data, err := json.Marshal(v)
	if err != nil {
		return fmt.Errorf("render frame: %w", err)
	}
	return s.SendRaw(data)
}

// SendRaw is Send for a frame that is rendered already; many sockets may share it.
func (s *Socket) SendRaw(data []byte) error {
	s.mu.Lock()
	room := s.queued+len(data) <= queueBytes
	if room {
		s.queued += len(data)
	}
	s.mu.Unlock()
	if room {
		select {
		case <-s.ended:
			return ErrClosed
		case s.out <- data:
			return nil
		default:
		}
	}
	s.Close(frames.CloseSlowReader, "reads too slowly")
	return ErrClosed
}

// SendWait queues a frame and waits for room. It is for streams whose source can wait.
func (s *Socket) SendWait(ctx context.Context, v any) error {
	data, err := json.Marshal(v)
	if err != nil {
		return fmt.Errorf("render frame: %w", err)
	}
	select {
	case <-s.ended:
		return ErrClosed
	default:
	}
	s.mu.Lock()
	s.queued += len(data)
	s.mu.Unlock()
	select {
	case s.out <- data:
		return nil
	case <-s.ended:
		return ErrClosed
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// Receive waits for a text frame of the client.
func (s *Socket) Receive(ctx context.Context) ([]byte, error) {
	kind, data, err := s.conn.Read(ctx)
	if err != nil {
		s.Close(closeNormal, "")
		return nil, errors.Join(ErrClosed, err)
	}
	if kind != websocket.MessageText {
		s.Close(int(websocket.StatusUnsupportedData), "text frames only")
		return nil, ErrClosed
	}
	return data, nil
}

// Close ends the socket with a code; the first one counts. Frames that are queued are still sent if the client takes
// them in time. It does not wait.
func (s *Socket) Close(code int, reason string) {
	s.once.Do(func() {
		s.mu.Lock()
		s.code, s.reason = code, reason[:min(len(reason), maxReason)]
		s.mu.Unlock()
		close(s.ended)
	})
}

// Ended is closed when the socket has been told to end.
func (s *Socket) Ended() <-chan struct{} { return s.ended }

// Code returns the close code once the socket has ended.
func (s *Socket) Code() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.code
}

// Wait ends the socket, if nothing else has, and returns when nothing of it runs any more.
func (s *Socket) Wait() {
	s.Close(closeNormal, "")
	<-s.written
	s.cancel()
	s.loops.Wait()
}

// write is the only writer of data frames.
func (s *Socket) write(ctx context.Context) {
	defer close(s.written)
	for {
		select {
		case <-ctx.Done():
			s.Close(closeGoing, "server stops")
			s.finish(ctx)
			return
		case <-s.ended:
			s.finish(ctx)
			return
		case data := <-s.out:
			if !s.writeOne(ctx, data) {
				return
			}
		}
	}
}

func (s *Socket) writeOne(ctx context.Context, data []byte) bool {
	s.mu.Lock()
	s.queued -= len(data)
	s.mu.Unlock()
	limited, cancel := context.WithTimeout(context.WithoutCancel(ctx), writeWithin)
	defer cancel()
	if err := s.conn.Write(limited, websocket.MessageText, data); err != nil {
		s.Close(frames.CloseSlowReader, "reads too slowly") // a write that times out has ended the connection
		s.drop()
		return false
	}
	return true
}

// finish sends what is queued, then says good-bye. A slow reader gets no more data.
func (s *Socket) finish(ctx context.Context) {
	for s.Code() != frames.CloseSlowReader {
		select {
		case data := <-s.out:
			if !s.writeOne(ctx, data) {
				return
			}
			continue
		default:
		}
		break
	}
	s.mu.Lock()
	code, reason := s.code, s.reason
	s.mu.Unlock()
	if err := s.conn.Close(websocket.StatusCode(code), reason); err != nil {
		s.drop()
	}
}

func (s *Socket) drop() {
	// The connection is of no use any more; how its end fails does not matter.
	if err := s.conn.CloseNow(); err != nil {
		return
	}
}

// ping notices clients that are gone without a word. The pong is read by Receive.
func (s *Socket) ping(ctx context.Context) {
	ticker := time.NewTicker(pingEvery)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-s.ended:
			return
		case <-ticker.C:
		}
		limited, cancel := context.WithTimeout(ctx, pongWithin)
		err := s.conn.Ping(limited)
		cancel()
		if err != nil {
			s.Close(closeGoing, "no answer to ping")
			return
		}
	}
}
