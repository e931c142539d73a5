package live

import (
	"context"
	"net/http"
	"sync"

	"go.uber.org/zap"

	"github.com/gueencode/gueenrmm/proto/frames"
	"github.com/gueencode/gueenrmm/services/realtime/internal/gate"
)

// maxTopics bounds the subscriptions of one socket.
const maxTopics = 256

// client is one socket of /v1/ws.
type client struct {
	*gate.Caller
	mu     sync.Mutex
	topics map[frames.Topic]struct{}
}

func (c *client) subscribed(t frames.Topic) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	_, ok := c.topics[t]
	return ok
}

// change adds or removes a subscription; it returns false when there is no room.
func (c *client) change(r frames.LiveRequest) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if r.Op == frames.Unsubscribe {
		delete(c.topics, r.Topic)
		return true
	}
	if len(c.topics) >= maxTopics {
		return false
	}
	c.topics[r.Topic] = struct{}{}
	return true
}

// ServeHTTP serves one socket. A session that is gone is told with a close code.
func (h *Hub) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	caller := h.gate.OpenOrExplain(w, r)
	if caller == nil {
		return
	}
	c := &client{Caller: caller, topics: map[frames.Topic]struct{}{}}
	defer h.gate.Done(caller)
	// Whoever sees more or less than before reads again.
	caller.OnChange(func() {
		if err := c.Send(frames.LiveEvent{Event: frames.EventResync}); err == nil {
			h.sent.WithLabelValues(frames.EventResync).Inc()
		}
	})
	h.mu.Lock()
	h.clients[c] = struct{}{}
	h.mu.Unlock()
	defer func() {
		h.mu.Lock()
		delete(h.clients, c)
		if len(h.clients) == 0 {
			h.placed = map[string]placement{}
		}
		h.mu.Unlock()
	}()
	ctx := context.WithoutCancel(r.Context())
	for {
		data, err := c.Receive(ctx)
		if err != nil {
			return
		}
		req, err := frames.ParseLiveRequest(data)
		if err != nil {
			h.gate.Refuse(c.Principal().Username, "bad_frame", zap.Error(err))
			if c.Send(frames.Failure{Error: "Invalid frame"}) != nil {
				return
			}
			continue
		}
		if !c.change(req) && c.Send(frames.Failure{Error: "Too many subscriptions"}) != nil {
			return
		}
	}
}
