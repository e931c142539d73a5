// Package selfcheck looks at the whole installation for monitoring systems (domain.md §15.8): what is stored, how full the
// machine is, and which parts answer at the moment.
package selfcheck

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"time"

	"github.com/jackc/pgx/v5"
	"golang.org/x/sync/errgroup"

	"github.com/gueencode/gueenrmm/pkg/platform/host"
	"github.com/gueencode/gueenrmm/pkg/platform/queue"
)

const (
	probeWithin = 3 * time.Second
	// stuck is the number of waiting tasks from which the queue counts as stuck (domain.md §15.8).
	stuck = 100
	// unknownLength stands for a queue that cannot be looked into.
	unknownLength = -1
)

// DB reads rows.
type DB interface {
	QueryRow(ctx context.Context, sql string, args ...any) pgx.Row
}

// Queues looks into the queues.
type Queues interface {
	Queues() ([]queue.State, error)
	Workers() (int, error)
}

// Deps are what is looked at. A nil func or Queues stands for a part that is not there.
type Deps struct {
	DB       DB
	Redis    func(ctx context.Context) error         // a ping
	Bus      func(ctx context.Context) error         // a round trip
	Consumed func(ctx context.Context) (bool, error) // whether results are taken from the stream
	Queues   Queues
	CertFile string // of the public names; "" when another machine has it
	Realtime string // address of the WebSockets' service
	NATSWeb  string // address of the broker's WebSocket
	Public   string // address of the proxy in front of everything
	Now      func() time.Time
}

// Report is what was found.
type Report struct {
	Agents, Clients, Sites      int64
	DiskPercent, MemoryPercent  int // -1: not known on this machine
	CertDays                    int
	CertKnown                   bool // this machine has the certificate
	CertExpired                 bool
	QueueLength                 int // -1: not known
	Redis, Bus, NATSWeb         bool
	Realtime, Worker, Beat      bool
	Ingest, Database, Frontdoor bool
}

// QueueHealthy says whether tasks are taken as they come.
func (r Report) QueueHealthy() bool { return r.QueueLength >= 0 && r.QueueLength <= stuck }

// Checker makes reports. It is safe for concurrent use.
type Checker struct {
	deps Deps
	http *http.Client
}

// New returns a Checker.
func New(d Deps) *Checker {
	if d.Now == nil {
		d.Now = time.Now
	}
	return &Checker{deps: d, http: &http.Client{
		Timeout: probeWithin, Transport: &http.Transport{DisableKeepAlives: true},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
}

// Look makes a report. Only a database that does not answer is an error: nothing can be said then.
func (c *Checker) Look(ctx context.Context) (Report, error) {
	ctx, cancel := context.WithTimeout(ctx, 2*probeWithin)
	defer cancel()
	r := Report{QueueLength: unknownLength, DiskPercent: unknownLength, MemoryPercent: unknownLength}
	if n, err := host.DiskPercent("/"); err == nil {
		r.DiskPercent = n
	}
	if n, err := host.MemoryPercent(); err == nil {
		r.MemoryPercent = n
	}
	if c.deps.CertFile != "" {
		if end, err := host.CertificateEnd(c.deps.CertFile); err == nil {
			left := end.Sub(c.deps.Now())
			r.CertDays, r.CertKnown, r.CertExpired = int(left.Hours()/24), true, left < 0
		}
	}
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() error { return c.rows(ctx, &r) })
	for _, p := range []struct {
		found *bool
		look  func(context.Context) bool
	}{
		{&r.Redis, answers(c.deps.Redis)}, {&r.Bus, answers(c.deps.Bus)}, {&r.NATSWeb, c.web(c.deps.NATSWeb)},
		{&r.Realtime, c.web(c.deps.Realtime)}, {&r.Frontdoor, listens(c.deps.Public)},
		{&r.Ingest, func(ctx context.Context) bool {
			if c.deps.Consumed == nil {
				return false
			}
			ok, err := c.deps.Consumed(ctx)
			return ok && err == nil
		}},
	} {
		group.Go(func() error {
			*p.found = p.look(ctx)
			return nil
		})
	}
	group.Go(func() error {
		c.queues(&r)
		return nil
	})
	return r, group.Wait()
}

func (c *Checker) rows(ctx context.Context, r *Report) error {
	err := c.deps.DB.QueryRow(ctx, `SELECT (SELECT count(*) FROM agents), (SELECT count(*) FROM clients), (SELECT count(*) FROM sites),
		EXISTS (SELECT FROM leases WHERE name = 'beat' AND expires > now())`).Scan(&r.Agents, &r.Clients, &r.Sites, &r.Beat)
	if err != nil {
		return fmt.Errorf("look at installation: %w", err)
	}
	r.Database = true
	return nil
}

func (c *Checker) queues(r *Report) {
	if c.deps.Queues == nil {
		return
	}
	if states, err := c.deps.Queues.Queues(); err == nil {
		r.QueueLength = 0
		for _, s := range states {
			r.QueueLength += s.Waiting
		}
	}
	if n, err := c.deps.Queues.Workers(); err == nil {
		r.Worker = n > 0
	}
}

func answers(ask func(context.Context) error) func(context.Context) bool {
	return func(ctx context.Context) bool {
		ctx, cancel := context.WithTimeout(ctx, probeWithin)
		defer cancel()
		return ask != nil && ask(ctx) == nil
	}
}

// web says whether something speaks HTTP at an address, whatever it says.
func (c *Checker) web(address string) func(context.Context) bool {
	return func(ctx context.Context) bool {
		if address == "" {
			return false
		}
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
		if err != nil {
			return false
		}
		resp, err := c.http.Do(req)
		return err == nil && resp.Body.Close() == nil
	}
}

// listens says whether a connection to an address's port can be opened.
func listens(address string) func(context.Context) bool {
	return func(ctx context.Context) bool {
		u, err := url.Parse(address)
		if err != nil || u.Hostname() == "" {
			return false
		}
		port := u.Port()
		if port == "" {
			port = map[string]string{"http": "80", "https": "443"}[u.Scheme]
		}
		conn, err := (&net.Dialer{Timeout: probeWithin}).DialContext(ctx, "tcp", net.JoinHostPort(u.Hostname(), port))
		return err == nil && conn.Close() == nil
	}
}
