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
	mayLag      = 15 * time.Second // how long a client of SendOr may be behind what happens
	pingEvery   = 25 * time.Second
	pongWithin  = 15 * time.Second
	maxReason   = 120 // bytes of a close reason, RFC 6455 allows 123
	closeNormal = int(websocket.StatusNormalClosure)
	closeGoing  = int(websocket.StatusGoingAway)
)

var (
	// ErrClosed says that the socket has ended.
	ErrClosed = errors.New("socket is closed")
	// ErrBehind says that a frame was left out because the client has not taken those before it yet.
	ErrBehind = errors.New("client is behind")
)

// Socket is one connection. Send, SendOr, SendWait and Close are safe for concurrent use; Receive is for one goroutine.
type Socket struct {
	conn *websocket.Conn
	out  chan []byte

	mu      sync.Mutex
	queued  int       // bytes in out, or about to be
	instead []byte    // what stands for the frames that are left out, nil when none is
	behind  time.Time // since when
	code    int
	reason  string

	kick chan struct{} // asks the writer to look at instead

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
	s := &Socket{conn: conn, out: make(chan []byte, queueFrames), kick: make(chan struct{}, 1), ended: make(chan struct{}), written: make(chan struct{})}
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
	queued, err := s.enqueue(data)
	if err == nil && !queued {
		s.Close(frames.CloseSlowReader, "reads too slowly")
		err = ErrClosed
	}
	return err
}

// SendOr is SendRaw for frames that another one can stand for. When there is no room, what is queued still goes out, frames
// given meanwhile are left out (ErrBehind), and then instead is sent. So a burst that is larger than the queue does not end
// a client that reads as fast as it can; one that stays behind for long is closed with CloseSlowReader.
func (s *Socket) SendOr(data, instead []byte) error {
	s.mu.Lock()
	behind, since := s.instead != nil, s.behind
	s.mu.Unlock()
	if behind && time.Since(since) > mayLag {
		s.Close(frames.CloseSlowReader, "reads too slowly")
		return ErrClosed
	}
	if !behind {
		if queued, err := s.enqueue(data); err != nil || queued {
			return err
		}
	}
	s.mu.Lock()
	if s.instead == nil {
		s.behind = time.Now()
	}
	s.instead = instead
	s.mu.Unlock()
	select {
	case s.kick <- struct{}{}:
	default:
	}
	return ErrBehind
}

// enqueue says whether there was room.
func (s *Socket) enqueue(data []byte) (bool, error) {
	s.mu.Lock()
	room := s.queued+len(data) <= queueBytes
	if room {
		s.queued += len(data)
	}
	s.mu.Unlock()
	if !room {
		return false, nil
	}
	select {
	case <-s.ended:
		return false, ErrClosed
	case s.out <- data:
		return true, nil
	default:
	}
	s.mu.Lock()
	s.queued -= len(data)
	s.mu.Unlock()
	return false, nil
}

// substitute takes what stands for frames that were left out, once all before them are written.
func (s *Socket) substitute() []byte {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.queued > 0 {
		return nil
	}
	data := s.instead
	s.instead = nil
	return data
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
		case <-s.kick:
		}
		if data := s.substitute(); data != nil && !s.writeNow(ctx, data) {
			return
		}
	}
}

func (s *Socket) writeOne(ctx context.Context, data []byte) bool {
	s.mu.Lock()
	s.queued -= len(data)
	s.mu.Unlock()
	return s.writeNow(ctx, data)
}

func (s *Socket) writeNow(ctx context.Context, data []byte) bool {
	limited, cancel := context.WithCancel(context.WithoutCancel(ctx))
	defer cancel()
	// The reason is set before the write is given up: that ends the connection, which Receive would take for the client's end.
	late := time.AfterFunc(writeWithin, func() {
		s.Close(frames.CloseSlowReader, "reads too slowly")
		cancel()
	})
	defer late.Stop()
	if err := s.conn.Write(limited, websocket.MessageText, data); err != nil {
		s.Close(closeGoing, "") // the client is gone
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
