// Package notify tells people: by mail, through the server of the global settings (domain.md §6.9).
package notify

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"time"

	"github.com/wneessen/go-mail"

	"github.com/gueencode/gueenrmm/pkg/fault"
	"github.com/gueencode/gueenrmm/pkg/settings"
)

// mailTimeout bounds each step of the dialogue with the mail server.
const mailTimeout = 20 * time.Second

// gmailRelay encrypts although it asks for no password.
const gmailRelay = "smtp-relay.gmail.com"

// Refusals that a person can cure in the global settings.
const (
	notConfigured = "SMTP messaging not configured."
	noRecipient   = "There needs to be at least one email recipient configured"
)

// Settings gives the settings of the product.
type Settings interface {
	Get(ctx context.Context) (settings.Core, error)
}

// Mailer sends mails. It is safe for concurrent use.
type Mailer struct {
	settings Settings
	tls      *tls.Config
}

// Option changes a Mailer.
type Option func(*Mailer)

// WithTLS replaces the rules for encrypted connections, for example by own certificate authorities.
func WithTLS(c *tls.Config) Option { return func(m *Mailer) { m.tls = c } }

// NewMailer returns a Mailer that reads its settings for each mail.
func NewMailer(s Settings, options ...Option) *Mailer {
	m := &Mailer{settings: s}
	for _, o := range options {
		o(m)
	}
	return m
}

// Send sends one plain mail to all recipients; none means those of the global settings. Missing settings are a refusal,
// everything else an error that trying again may cure.
func (m *Mailer) Send(ctx context.Context, to []string, subject, body string) error {
	core, err := m.settings.Get(ctx)
	if err != nil {
		return err
	}
	return m.send(ctx, core, to, subject, body)
}

// Test sends a mail to the recipients of the global settings. Whatever goes wrong is a refusal with the reason, for the
// person who is setting mail up (rest-1.md §7).
func (m *Mailer) Test(ctx context.Context, subject, body string) error {
	core, err := m.settings.Get(ctx)
	if err != nil {
		return err
	}
	if !configured(core) || len(core.EmailAlertRecipients) == 0 {
		return fault.Refused(noRecipient)
	}
	err = m.send(ctx, core, nil, subject, body)
	if err != nil && fault.KindOf(err) == "" {
		return fault.Refused(err.Error())
	}
	return err
}

func (m *Mailer) send(ctx context.Context, core settings.Core, to []string, subject, body string) error {
	if !configured(core) {
		return fault.Refused(notConfigured)
	}
	if len(to) == 0 {
		to = core.EmailAlertRecipients
	}
	if len(to) == 0 {
		return fault.Refused(noRecipient)
	}
	message, err := compose(core, to, subject, body)
	if err != nil {
		return err
	}
	var line connection
	client, err := m.client(core, &line)
	if err != nil {
		return fmt.Errorf("prepare mail: %w", err)
	}
	err = errors.Join(client.DialAndSendWithContext(ctx, message), line.close())
	if err != nil {
		return fmt.Errorf("send mail: %w", err)
	}
	return nil
}

// connection keeps hold of the connection: the library forgets it when the server does not offer what it insists on.
type connection struct{ net.Conn }

func (c *connection) dial(ctx context.Context, network, address string) (net.Conn, error) {
	conn, err := (&net.Dialer{Timeout: mailTimeout}).DialContext(ctx, network, address)
	c.Conn = conn
	return conn, err
}

func (c *connection) close() error {
	if c.Conn == nil {
		return nil
	}
	if err := c.Conn.Close(); err != nil && !errors.Is(err, net.ErrClosed) {
		return err
	}
	return nil
}

func configured(c settings.Core) bool {
	if text(c.SMTPFromEmail) == "" || text(c.SMTPHost) == "" || c.SMTPPort == nil || *c.SMTPPort == 0 {
		return false
	}
	return !c.SMTPRequiresAuth || text(c.SMTPHostUser) != "" && text(c.SMTPHostPassword) != ""
}

func compose(core settings.Core, to []string, subject, body string) (*mail.Msg, error) {
	message := mail.NewMsg()
	if err := message.FromFormat(text(core.SMTPFromName), text(core.SMTPFromEmail)); err != nil {
		return nil, fault.Refused("The sender's address is not valid: " + text(core.SMTPFromEmail))
	}
	if err := message.To(to...); err != nil {
		return nil, fault.Refused("A recipient's address is not valid.")
	}
	message.Subject(subject)
	message.SetDate()
	message.SetMessageID()
	message.SetBodyString(mail.TypeTextPlain, body)
	return message, nil
}

func (m *Mailer) client(core settings.Core, line *connection) (*mail.Client, error) {
	host := text(core.SMTPHost)
	options := []mail.Option{mail.WithPort(int(*core.SMTPPort)), mail.WithTimeout(mailTimeout), mail.WithDialContextFunc(line.dial)}
	switch {
	case core.SMTPRequiresAuth:
		options = append(options, mail.WithTLSPolicy(mail.TLSMandatory), mail.WithSMTPAuth(mail.SMTPAuthAutoDiscover),
			mail.WithUsername(text(core.SMTPHostUser)), mail.WithPassword(text(core.SMTPHostPassword)))
	case host == gmailRelay:
		options = append(options, mail.WithTLSPolicy(mail.TLSMandatory))
	default:
		options = append(options, mail.WithTLSPolicy(mail.NoTLS))
	}
	if m.tls != nil {
		options = append(options, mail.WithTLSConfig(m.tls))
	}
	return mail.NewClient(host, options...)
}

func text(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}
