package notify_test

import (
	"bufio"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"net"
	"net/http/httptest"
	"net/textproto"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gueencode/gueenrmm/pkg/fault"
	"github.com/gueencode/gueenrmm/pkg/notify"
	"github.com/gueencode/gueenrmm/pkg/platform/leaktest"
	"github.com/gueencode/gueenrmm/pkg/platform/porttest"
	"github.com/gueencode/gueenrmm/pkg/settings"
)

func TestMain(m *testing.M) { leaktest.Main(m) }

// received is what the mail server got in one dialogue.
type received struct {
	encrypted bool
	login     string // user and password as the client sent them
	from      string
	to        []string
	data      string
}

// mailServer speaks enough SMTP for one dialogue.
func mailServer(t *testing.T, cert *tls.Certificate) (port int32, got chan received) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	got = make(chan received, 1)
	done := make(chan struct{})
	go func() {
		defer close(done)
		conn, err := l.Accept()
		if err != nil {
			return
		}
		r := &received{}
		if dialogue(conn, cert, r) == nil {
			got <- *r
		}
	}()
	t.Cleanup(func() {
		require.NoError(t, l.Close())
		<-done
	})
	return int32(l.Addr().(*net.TCPAddr).Port), got
}

func dialogue(conn net.Conn, cert *tls.Certificate, r *received) (err error) {
	defer func() {
		if cerr := conn.Close(); err == nil {
			err = cerr
		}
	}()
	w := textproto.NewConn(conn)
	if err := w.PrintfLine("220 mail.example.com"); err != nil {
		return err
	}
	for {
		line, err := w.ReadLine()
		if err != nil {
			return err
		}
		verb, rest, _ := strings.Cut(line, " ")
		answer := "250 ok"
		switch strings.ToUpper(verb) {
		case "EHLO":
			answer = "250-mail.example.com\r\n250 AUTH LOGIN PLAIN"
			if cert != nil && !r.encrypted {
				answer = "250-mail.example.com\r\n250 STARTTLS"
			}
		case "STARTTLS":
			if err := w.PrintfLine("220 go"); err != nil {
				return err
			}
			secure := tls.Server(conn, &tls.Config{Certificates: []tls.Certificate{*cert}})
			if err := secure.Handshake(); err != nil {
				return err
			}
			conn, w, r.encrypted = secure, textproto.NewConn(secure), true
			continue
		case "AUTH":
			raw, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(rest, "PLAIN "))
			if err != nil {
				return err
			}
			r.login, answer = strings.Trim(strings.ReplaceAll(string(raw), "\x00", " "), " "), "235 welcome"
		case "MAIL":
			r.from = rest
		case "RCPT":
			r.to = append(r.to, rest)
		case "DATA":
			if err := w.PrintfLine("354 go"); err != nil {
				return err
			}
			lines, err := w.ReadDotLines()
			if err != nil {
				return err
			}
			r.data = strings.Join(lines, "\n")
		case "QUIT":
			return w.PrintfLine("221 bye")
		}
		if err := w.PrintfLine("%s", answer); err != nil {
			return err
		}
	}
}

type fixed settings.Core

func (f fixed) Get(context.Context) (settings.Core, error) { return settings.Core(f), nil }

func ptr[T any](v T) *T { return &v }

func core(port int32) fixed {
	return fixed{SMTPFromEmail: ptr("rmm@example.com"), SMTPFromName: ptr("Gueen"), SMTPHost: ptr("127.0.0.1"), SMTPPort: &port, EmailAlertRecipients: []string{"ops@example.com"}}
}

func TestMailWithoutPassword(t *testing.T) {
	t.Parallel()
	port, got := mailServer(t, nil)
	require.NoError(t, notify.NewMailer(core(port)).Send(context.Background(), nil, "Disk on Straße-1", "89 % used\n"))
	r := <-got
	require.False(t, r.encrypted)
	require.Empty(t, r.login)
	require.Contains(t, r.from, "<rmm@example.com>")
	require.Len(t, r.to, 1)
	require.Contains(t, r.to[0], "<ops@example.com>")
	headers, body, _ := strings.Cut(r.data, "\n\n")
	h, err := textproto.NewReader(bufio.NewReader(strings.NewReader(headers + "\n\n"))).ReadMIMEHeader()
	require.NoError(t, err)
	require.Equal(t, `"Gueen" <rmm@example.com>`, h.Get("From"))
	require.NotEmpty(t, h.Get("Message-Id"))
	require.Contains(t, body, "89 % used")
}

func TestPasswordGoesOnlyOverAnEncryptedConnection(t *testing.T) {
	t.Parallel()
	web := httptest.NewUnstartedServer(nil) // has a certificate for 127.0.0.1
	web.StartTLS()
	t.Cleanup(web.Close)
	roots := x509.NewCertPool()
	roots.AddCert(web.Certificate())
	port, got := mailServer(t, &web.TLS.Certificates[0])
	c := core(port)
	c.SMTPRequiresAuth, c.SMTPHostUser, c.SMTPHostPassword = true, ptr("rmm"), ptr("s3cret")
	require.NoError(t, notify.NewMailer(c, notify.WithTLS(&tls.Config{RootCAs: roots, ServerName: "127.0.0.1", MinVersion: tls.VersionTLS12})).Send(context.Background(), []string{"a@example.com", "b@example.com"}, "s", "b"))
	r := <-got
	require.True(t, r.encrypted)
	require.Equal(t, "rmm s3cret", r.login)
	require.Len(t, r.to, 2)

	plain, nothing := mailServer(t, nil)
	c = core(plain)
	c.SMTPRequiresAuth, c.SMTPHostUser, c.SMTPHostPassword = true, ptr("rmm"), ptr("s3cret")
	err := notify.NewMailer(c).Send(context.Background(), nil, "s", "b")
	require.Error(t, err)
	require.NotContains(t, err.Error(), "s3cret")
	require.Empty(t, nothing)
}

func TestMissingSettingsAreRefused(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(*fixed){
		"no host":        func(f *fixed) { f.SMTPHost = nil },
		"no sender":      func(f *fixed) { f.SMTPFromEmail = ptr("") },
		"no password":    func(f *fixed) { f.SMTPRequiresAuth = true },
		"no recipient":   func(f *fixed) { f.EmailAlertRecipients = nil },
		"bad recipient":  func(f *fixed) { f.EmailAlertRecipients = []string{"ops"} },
		"header breaker": func(f *fixed) { f.EmailAlertRecipients = []string{"a@example.com\r\nBcc: x@example.com"} },
	} {
		c := core(1)
		change(&c)
		err := notify.NewMailer(c).Send(context.Background(), nil, "s", "b")
		require.Equal(t, fault.KindRefused, fault.KindOf(err), "%s: %v", name, err)
	}
}

func TestServerThatIsAwayIsNoRefusal(t *testing.T) {
	t.Parallel()
	_, text, err := net.SplitHostPort(porttest.Reserve(t))
	require.NoError(t, err)
	port, err := strconv.ParseInt(text, 10, 32)
	require.NoError(t, err)
	err = notify.NewMailer(core(int32(port))).Send(context.Background(), nil, "s", "b")
	require.ErrorContains(t, err, "send mail")
	require.Empty(t, fault.KindOf(err))
}
