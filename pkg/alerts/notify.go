package alerts

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/gueencode/gueenrmm/pkg/checks"
	"github.com/gueencode/gueenrmm/pkg/fault"
	"github.com/gueencode/gueenrmm/pkg/platform/queue"
)

// KindNotify tells people about an alert.
func KindNotify() queue.Kind {
	return queue.Kind{Name: "alerts.notify", Summary: "Tell people about an alert by mail or text message", Timeout: time.Minute, MaxRetry: 10}
}

// channel is a way to tell people.
type channel string

const (
	byMail channel = "email"
	byText channel = "text"
)

type notifyJob struct {
	AlertID  int32   `json:"alert_id"`
	Channel  channel `json:"channel"`
	Resolved bool    `json:"resolved"`
}

// Mailer sends mails; no recipients means those of the global settings.
type Mailer interface {
	Send(ctx context.Context, to []string, subject, body string) error
}

// Texter sends text messages; no recipients means those of the global settings.
type Texter interface {
	Send(ctx context.Context, to []string, body string) error
}

// NotifyHandler does the jobs of KindNotify.
func NotifyHandler(pool *pgxpool.Pool, mail Mailer, text Texter) queue.Handler {
	n := notifier{pool, mail, text}
	return queue.Handler{Kind: KindNotify(), Do: func(ctx context.Context, t queue.Task) error {
		var job notifyJob
		if err := json.Unmarshal(t.Payload, &job); err != nil {
			return queue.Permanent(fmt.Errorf("decode payload of %s: %w", t.Kind, err))
		}
		return n.tell(ctx, job)
	}}
}

type notifier struct {
	pool *pgxpool.Pool
	mail Mailer
	text Texter
}

// tell sends one message and notes when. Where mail or text messages are not set up, trying again does not help: that is
// noted as sent, as the contract has it (domain.md §6.5).
func (n notifier) tell(ctx context.Context, job notifyJob) error {
	s, err := n.subject(ctx, job.AlertID)
	if errors.Is(err, pgx.ErrNoRows) {
		return nil // the alert, its agent or its check is gone
	}
	if err != nil {
		return fmt.Errorf("read alert: %w", err)
	}
	switch job.Channel {
	case byMail:
		subject, body := s.mail(job.Resolved)
		err = n.mail.Send(ctx, s.mailTo, subject, body)
	case byText:
		err = n.text.Send(ctx, s.textTo, s.sms(job.Resolved))
	default:
		return queue.Permanent(fmt.Errorf("tell people by %q: unknown way", job.Channel))
	}
	if err != nil && fault.KindOf(err) == "" {
		return err
	}
	column := map[channel]string{byMail: "email_sent", byText: "sms_sent"}[job.Channel]
	if job.Resolved {
		column = "resolved_" + column
	}
	if _, err := n.pool.Exec(ctx, `UPDATE alerts SET `+column+` = now() WHERE id = $1`, job.AlertID); err != nil {
		return fmt.Errorf("note that people were told of an alert: %w", err)
	}
	if err != nil {
		return queue.Permanent(err)
	}
	return nil
}

// subject is what an alert of a check is about.
type subject struct {
	client, site, host, policy, script string
	check                              checks.Definition
	state                              checks.State
	mailTo, textTo                     []string
}

const subjectQuery = `SELECT cl.name, si.name, a.hostname, coalesce(p.name, ''), coalesce(s.name, ''),
		c.check_type, c.name, c.disk, c.svc_display_name, c.warning_threshold, c.error_threshold, c.event_id, c.event_source, c.event_message, c.log_name,
		r.more_info, r.stdout, r.stderr, r.retcode, r.history, r.extra_details, t.email_recipients, t.text_recipients
	FROM alerts al JOIN agents a ON a.id = al.agent_id JOIN sites si ON si.id = a.site_id JOIN clients cl ON cl.id = si.client_id
	JOIN checks c ON c.id = al.assigned_check_id
	LEFT JOIN policies p ON p.id = c.policy_id LEFT JOIN scripts s ON s.id = c.script_id
	LEFT JOIN check_results r ON r.agent_id = a.id AND r.assigned_check_id = c.id
	LEFT JOIN alert_templates t ON t.id = a.alert_template_id
	WHERE al.id = $1`

func (n notifier) subject(ctx context.Context, alert int32) (s subject, err error) {
	d, r := &s.check, &s.state
	err = n.pool.QueryRow(ctx, subjectQuery, alert).Scan(&s.client, &s.site, &s.host, &s.policy, &s.script,
		&d.CheckType, &d.Name, &d.Disk, &d.SvcDisplayName, &d.WarningThreshold, &d.ErrorThreshold, &d.EventID, &d.EventSource, &d.EventMessage, &d.LogName,
		&r.MoreInfo, &r.Stdout, &r.Stderr, &r.Retcode, &r.History, &r.ExtraDetails, &s.mailTo, &s.textTo)
	return s, err
}

// name is the check with its machine (domain.md §6.8).
func (s subject) name() string {
	name := s.check.Describe(s.script)
	if s.policy != "" {
		name = s.policy + " - " + name
	}
	return fmt.Sprintf("%s, %s, %s - %s", s.client, s.site, s.host, name)
}

func (s subject) mail(resolved bool) (subject, body string) {
	if resolved {
		return s.name() + " Resolved", s.name() + " is now back to normal"
	}
	return s.name() + " Failed", s.body()
}

func (s subject) sms(resolved bool) string {
	title, body := s.mail(resolved)
	switch s.check.CheckType {
	case checks.Ping, checks.EventLog:
		return title
	case checks.Script:
		if !resolved {
			return fmt.Sprintf("%s - Return code: %d", title, valueOf(s.state.Retcode))
		}
	default:
	}
	if resolved {
		return title
	}
	return body
}

// body is the text of a failure.
func (s subject) body() string {
	title, info := s.name()+" Failed", valueOf(s.state.MoreInfo)
	switch s.check.CheckType {
	case checks.DiskSpace:
		return title + " - " + info
	case checks.Script:
		return fmt.Sprintf("%s - Return code: %d\nStdout:%s\nStderr: %s", title, valueOf(s.state.Retcode), valueOf(s.state.Stdout), valueOf(s.state.Stderr))
	case checks.Ping:
		return info
	case checks.CPULoad:
		return fmt.Sprintf("%s - Average CPU utilization: %d%%,%s", title, s.average(), s.thresholds())
	case checks.Memory:
		return fmt.Sprintf("%s - Average memory usage: %d%%,%s", title, s.average(), s.thresholds())
	case checks.WinSvc:
		return title + " - Status: " + info
	case checks.EventLog:
		return s.events()
	default:
		return title
	}
}

func (s subject) average() int64 {
	var sum int64
	for _, v := range s.state.History {
		sum += int64(v)
	}
	return sum / int64(max(len(s.state.History), 1))
}

// thresholds are those that are set, each with its leading blank.
func (s subject) thresholds() string {
	var b strings.Builder
	if w := valueOf(s.check.WarningThreshold); w != 0 {
		fmt.Fprintf(&b, " Warning Threshold: %d%%", w)
	}
	if e := valueOf(s.check.ErrorThreshold); e != 0 {
		fmt.Fprintf(&b, " Error Threshold: %d%%", e)
	}
	return b.String()
}

// events lists the messages that the agent found in the event log.
func (s subject) events() string {
	var b strings.Builder
	fmt.Fprintf(&b, "Event ID %d", valueOf(s.check.EventID))
	if source := valueOf(s.check.EventSource); source != "" {
		fmt.Fprintf(&b, ", source %s", source)
	}
	if message := valueOf(s.check.EventMessage); message != "" {
		fmt.Fprintf(&b, ", containing string %s", message)
	}
	fmt.Fprintf(&b, " was found in the %s log\n\n", valueOf(s.check.LogName))
	var found struct {
		Log []struct {
			Message string `json:"message"`
		} `json:"log"`
	}
	if json.Unmarshal(s.state.ExtraDetails, &found) != nil {
		return b.String() // no details were kept
	}
	for _, e := range found.Log {
		b.WriteString(e.Message + "\n")
	}
	return b.String()
}

func valueOf[T any](p *T) T {
	if p == nil {
		var zero T
		return zero
	}
	return *p
}
