package faults

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net"
	"net/http"
	"net/mail"
	"net/textproto"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
)

// postbox is a mail server that counts what it gets by subject. While it is shut it takes mails without saying so.
type postbox struct {
	listener net.Listener
	work     sync.WaitGroup

	mu    sync.Mutex
	shut  chan struct{} // closed when it opens
	held  map[string]int
	mails map[string]int
	conns map[net.Conn]bool
}

func newPostbox(t *testing.T) *postbox {
	t.Helper()
	l, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	require.NoError(t, err)
	p := &postbox{listener: l, shut: make(chan struct{}), held: map[string]int{}, mails: map[string]int{}, conns: map[net.Conn]bool{}}
	p.work.Go(func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return // closed at the end of the test
			}
			p.work.Go(func() { p.serve(conn) })
		}
	})
	t.Cleanup(func() {
		p.open()
		require.NoError(t, l.Close())
		p.mu.Lock()
		for conn := range p.conns {
			_ = conn.Close() // the client may have ended it
		}
		p.mu.Unlock()
		p.work.Wait()
	})
	return p
}

func (p *postbox) port(t *testing.T) int {
	t.Helper()
	address, ok := p.listener.Addr().(*net.TCPAddr)
	require.True(t, ok)
	return address.Port
}

// open lets mails be acknowledged from now on.
func (p *postbox) open() {
	p.mu.Lock()
	defer p.mu.Unlock()
	select {
	case <-p.shut:
	default:
		close(p.shut)
	}
}

func (p *postbox) serve(conn net.Conn) {
	p.mu.Lock()
	p.conns[conn] = true
	p.mu.Unlock()
	defer func() {
		p.mu.Lock()
		delete(p.conns, conn)
		p.mu.Unlock()
		_ = conn.Close() // the client may have ended it
	}()
	// How a dialogue ends does not matter: what counts is which mails were handed over.
	_ = p.talk(textproto.NewConn(conn))
}

// talk speaks as much SMTP as a client needs who neither encrypts nor signs in.
func (p *postbox) talk(c *textproto.Conn) error {
	answer := "220 mail.example.com"
	for {
		if err := c.PrintfLine("%s", answer); err != nil {
			return err
		}
		line, err := c.ReadLine()
		if err != nil {
			return err
		}
		verb, _, _ := strings.Cut(strings.ToUpper(line), " ")
		switch verb {
		case "QUIT":
			return c.PrintfLine("221 bye")
		case "DATA":
			if err := c.PrintfLine("354 go ahead"); err != nil {
				return err
			}
			message, err := mail.ReadMessage(c.DotReader())
			if err != nil {
				return errors.Join(err, c.PrintfLine("554 not a mail"))
			}
			p.take(message.Header.Get("Subject"))
			answer = "250 taken"
		default:
			answer = "250 ok"
		}
	}
}

func (p *postbox) take(subject string) {
	p.mu.Lock()
	p.mails[subject]++
	shut := p.shut
	select {
	case <-shut:
	default:
		p.held[subject]++
	}
	p.mu.Unlock()
	<-shut
}

// got returns how often each mail came, and which came while the box was shut.
func (p *postbox) got() (mails, held map[string]int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return maps.Clone(p.mails), maps.Clone(p.held)
}

const notifiedCheck = "Notified"

// mailing is a set of alerts of which people are told by mail.
type mailing struct {
	box    *postbox
	alerts int
	checks []int32
}

// crashMailer lets a check of many agents fail, about which people are told by mail, and kills the worker while the mail
// server has as many mails as the worker has hands and has acknowledged none.
func (st *stage) crashMailer(ctx context.Context, t *testing.T) *mailing {
	t.Helper()
	agents := st.fleet.Credentials()
	m := &mailing{box: newPostbox(t), alerts: min(len(agents), 300)}
	st.client.must(ctx, t, http.MethodPut, "/core/settings/", map[string]any{
		"smtp_from_email": "alerts@example.com", "smtp_host": "127.0.0.1", "smtp_port": m.box.port(t), "smtp_requires_auth": false,
		"email_alert_recipients": []string{"people@example.com"},
	}, nil)
	for _, a := range agents[:m.alerts] {
		st.client.must(ctx, t, http.MethodPost, "/checks/", map[string]any{
			"agent": a.AgentID, "check_type": "ping", "ip": "127.0.0.98", "name": notifiedCheck, "fails_b4_alert": 1, "run_interval": 0,
			"alert_severity": "error", "email_alert": true,
		}, nil)
		id := int32(st.number(ctx, t, `SELECT c.id FROM checks c JOIN agents a ON a.id = c.agent_id WHERE a.agent_id = $1 AND c.name = $2`, a.AgentID, notifiedCheck))
		m.checks = append(m.checks, id)
		status, err := st.client.send(ctx, http.MethodPatch, "/api/v3/checkrunner/", fmt.Appendf(nil, `{"id":%d,"agent_id":%q,"status":"failing","output":"no answer"}`, id, a.AgentID),
			nil, "Authorization", "Token "+a.Token)
		require.NoError(t, err)
		require.Equal(t, http.StatusOK, status)
	}
	require.Eventually(t, func() bool { _, held := m.box.got(); return len(held) >= workerHands }, within, every, "every hand of the worker has a mail under way")
	require.NoError(t, st.process(t, "worker").Crash(ctx))
	m.box.open()
	require.NoError(t, st.process(t, "worker").Up())
	st.allReady(ctx, t)
	return m
}

// settle counts the mails against the rows of the outbox: one alert, one row, one mail; each that came while the box was
// shut may have come once more.
func (m *mailing) settle(ctx context.Context, t *testing.T, st *stage) {
	const rows = `SELECT count(*) FROM outbox o JOIN alerts a ON a.id = (o.payload->>'alert_id')::int
		WHERE o.kind = 'alerts.notify' AND a.assigned_check_id = ANY ($1)`
	require.Eventually(t, func() bool { return st.asked(ctx, rows, m.checks) == m.alerts }, within, 10*every, "every alert has its row")
	require.Eventually(t, func() bool { return st.asked(ctx, rows+` AND o.done_at IS NULL`, m.checks) == 0 }, 2*within, 10*every, "every row is done")
	require.Equal(t, m.alerts, st.number(ctx, t, `SELECT count(*) FROM alerts WHERE assigned_check_id = ANY ($1) AND email_sent IS NOT NULL`, m.checks))
	mails, held := m.box.got()
	// The store was filled: the operators were told of it, if the look of every 15 seconds fell into that time.
	told := 0
	for subject, n := range mails {
		if strings.HasPrefix(subject, "Gueen RMM: results") {
			told += n
			delete(mails, subject)
		}
	}
	require.Equal(t, st.number(ctx, t, `SELECT count(*) FROM outbox WHERE kind = 'results.alarm' AND done_at IS NOT NULL`), told, "and so did each about the store")
	total, repeated := 0, 0
	for subject, n := range mails {
		total += n
		if n > 1 {
			repeated++
		}
		// None of those that came while it was shut was acknowledged, be it that the worker died or that it did not wait any longer.
		require.LessOrEqual(t, n, held[subject]+1, "%s", subject)
	}
	require.Len(t, mails, m.alerts, "each row became a mail")
	t.Logf("%d mails about the store", told)
	t.Logf("%d alerts, %d rows, %d mails: %d of the %d that the dead worker had under way came twice", m.alerts, m.alerts, total, repeated, len(held))
}
