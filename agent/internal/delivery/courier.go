// Package delivery brings spooled results to the server, in order, until each is acknowledged.
package delivery

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"time"

	"go.uber.org/zap"

	"github.com/gueencode/gueenrmm/agent/internal/rest"
	"github.com/gueencode/gueenrmm/agent/internal/spool"
)

// Sender makes one attempt. An answer other than 2xx is a *rest.StatusError.
type Sender interface {
	Deliver(ctx context.Context, method, path string, body []byte, resultID string) error
}

// Options of a courier; zero values are replaced by the defaults.
type Options struct {
	MinWait    time.Duration // first pause after a failure, 1 s
	MaxWait    time.Duration // longest pause, 60 s; a Retry-After may ask for up to an hour
	Rescan     time.Duration // how often other processes' records are looked for, 30 s
	MaxAge     time.Duration // a result that has waited this long while the agent ran is given up, 7 days
	DeferAfter int           // failures of the server on one record before others are tried, 5
	Log        *zap.Logger
	Now        func() time.Time
}

// maxRetryAfter bounds what a server can ask for.
const maxRetryAfter = time.Hour

// Courier delivers from one spool.
type Courier struct {
	spool *spool.Spool
	send  Sender
	opts  Options

	failures map[string]int // by record id, failures of the server on that record
}

// New makes a courier.
func New(s *spool.Spool, send Sender, opts Options) *Courier {
	if opts.MinWait <= 0 {
		opts.MinWait = time.Second
	}
	if opts.MaxWait <= 0 {
		opts.MaxWait = time.Minute
	}
	if opts.Rescan <= 0 {
		opts.Rescan = 30 * time.Second
	}
	if opts.MaxAge <= 0 {
		opts.MaxAge = 7 * 24 * time.Hour
	}
	if opts.DeferAfter <= 0 {
		opts.DeferAfter = 5
	}
	if opts.Log == nil {
		opts.Log = zap.NewNop()
	}
	if opts.Now == nil {
		opts.Now = time.Now
	}
	return &Courier{spool: s, send: send, opts: opts, failures: map[string]int{}}
}

// Submit stores a result for delivery. It fails only when it cannot be stored.
func (c *Courier) Submit(method, path string, body any) error {
	data, err := json.Marshal(body)
	if err != nil {
		return fmt.Errorf("encode result: %w", err)
	}
	return c.spool.Append(spool.Record{Method: method, Path: path, Body: data})
}

// Run delivers until the context ends. While another process holds the spool it waits.
func (c *Courier) Run(ctx context.Context) error {
	unlock, err := c.lock(ctx)
	if err != nil || unlock == nil {
		return err
	}
	wait := time.Duration(0)
	for ctx.Err() == nil {
		delivered, pause := c.step(ctx, wait)
		switch {
		case pause > 0:
			wait = pause
			sleep(ctx, pause)
		case delivered:
			wait = 0
		default:
			c.spool.Wait(ctx, c.opts.Rescan)
			if err := c.spool.Rescan(); err != nil {
				c.opts.Log.Error("cannot read the spool", zap.Error(err))
			}
		}
	}
	return unlock()
}

// Flush delivers what is there and returns when the spool is empty, the server fails, or the context ends. It does
// nothing while another process delivers.
func (c *Courier) Flush(ctx context.Context) error {
	unlock, ok, err := c.spool.Lock()
	if err != nil || !ok {
		return err
	}
	for ctx.Err() == nil {
		if delivered, _ := c.step(ctx, 0); !delivered {
			break
		}
	}
	return unlock()
}

func (c *Courier) lock(ctx context.Context) (func() error, error) {
	for ctx.Err() == nil {
		unlock, ok, err := c.spool.Lock()
		if err != nil {
			return nil, err
		}
		if ok {
			return unlock, nil
		}
		sleep(ctx, time.Second)
	}
	return nil, nil
}

// step makes one attempt. It tells whether the oldest record is done with, or how long to pause.
func (c *Courier) step(ctx context.Context, lastWait time.Duration) (done bool, pause time.Duration) {
	e, ok := c.spool.Oldest()
	if !ok {
		return false, 0
	}
	log := c.opts.Log.With(zap.String("result_id", e.ID), zap.String("path", e.Path))
	// Not by the time the record bears: a clock that was a year off when it was written, or is now, would throw it away.
	if c.opts.Now().Sub(e.Seen) > c.opts.MaxAge {
		log.Warn("result is too old and given up")
		return c.remove(e, log), 0
	}
	err := c.send.Deliver(ctx, e.Method, e.Path, e.Body, e.ID)
	if err == nil {
		return c.remove(e, log), 0
	}
	if ctx.Err() != nil {
		return false, 0
	}
	var status *rest.StatusError
	if !errors.As(err, &status) {
		log.Warn("server not reached, result kept", zap.Error(err))
		return false, c.backOff(lastWait, 0)
	}
	if hopeless(status.Status) {
		log.Error("server refused the result, dropped", zap.Int("status", status.Status))
		return c.remove(e, log), 0
	}
	log.Warn("server did not take the result, kept", zap.Int("status", status.Status))
	// A record of its own trouble must not hold up the others; an overloaded server is trouble of all.
	if status.Status == http.StatusInternalServerError {
		if c.failures[e.ID]++; c.failures[e.ID]%c.opts.DeferAfter == 0 {
			if err := c.spool.Defer(e); err != nil {
				log.Error("cannot defer result", zap.Error(err))
			}
		}
	}
	return false, c.backOff(lastWait, status.RetryAfter)
}

// hopeless reports whether repeating a request can never help: client errors, except those that speak of
// authentication (a token may be restored), time and load.
func hopeless(status int) bool {
	switch status {
	case http.StatusUnauthorized, http.StatusRequestTimeout, http.StatusTooEarly, http.StatusTooManyRequests:
		return false
	}
	return status >= 400 && status < 500
}

func (c *Courier) remove(e spool.Entry, log *zap.Logger) bool {
	delete(c.failures, e.ID)
	if err := c.spool.Remove(e); err != nil {
		log.Error("cannot remove delivered result", zap.Error(err))
	}
	return true
}

// backOff doubles the pause up to the maximum and takes a random half of it away, so that a fleet does not return at
// once. What the server asks for is a lower bound.
func (c *Courier) backOff(last, asked time.Duration) time.Duration {
	next := min(max(2*last, c.opts.MinWait), c.opts.MaxWait)
	next = next/2 + rand.N(next/2+1)
	return max(next, min(asked, maxRetryAfter))
}

func sleep(ctx context.Context, d time.Duration) {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
	case <-t.C:
	}
}
