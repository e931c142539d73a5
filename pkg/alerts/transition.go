package alerts

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/gueencode/gueenrmm/pkg/outbox"
)

// Event is a run of a check that may open an alert, or close one.
type Event struct {
	AgentPK     int32
	CheckID     int32
	Failed      bool   // often enough in a row to count (fails_b4_alert)
	Severity    string // that counts for the check's type
	Description string // of the check, for the message
}

// Follow does in the caller's transaction what runs of checks mean for alerts (domain.md §6.3 to §6.6): it opens alerts,
// shows them, closes them, and asks for the notifications in the outbox. The events are in the order of the runs; the
// caller holds whatever keeps others from the same agents. Agents in maintenance keep their alerts as they are.
func Follow(ctx context.Context, tx pgx.Tx, events []Event) error {
	for _, round := range rounds(events) {
		failed, passed := split(round)
		notices, err := open(ctx, tx, failed)
		if err != nil {
			return err
		}
		closed, err := resolve(ctx, tx, passed)
		if err != nil {
			return err
		}
		if _, err := outbox.Enqueue(ctx, tx, messages(append(notices, closed...))...); err != nil {
			return err
		}
	}
	return nil
}

type pair struct{ agent, check int32 }

// rounds orders the events so that each check of an agent is once in a round. Runs that repeat the one before count once:
// nearly always there is one round.
func rounds(events []Event) [][]Event {
	type place struct {
		round, index int
		failed       bool
	}
	last := map[pair]place{}
	var out [][]Event
	for _, e := range events {
		key := pair{e.AgentPK, e.CheckID}
		at, again := last[key]
		if again && at.failed == e.Failed {
			out[at.round][at.index] = e
			continue
		}
		next := 0
		if again {
			next = at.round + 1
		}
		if next == len(out) {
			out = append(out, nil)
		}
		out[next] = append(out[next], e)
		last[key] = place{next, len(out[next]) - 1, e.Failed}
	}
	return out
}

func split(round []Event) (failed, passed []Event) {
	for _, e := range round {
		if e.Failed {
			failed = append(failed, e)
		} else {
			passed = append(passed, e)
		}
	}
	return failed, passed
}

// notice is an alert about which somebody is to be told.
type notice struct {
	AlertID  int32
	Email    bool
	Text     bool
	Resolved bool
	// When the last one of each was sent, or nil: part of what makes a message the same as another.
	EmailSent, TextSent *time.Time
}

// openQuery takes failing checks. The template of an agent is materialised in its row; its lists of severities stand for
// their defaults when they are empty. It returns what is to be told.
const openQuery = `WITH incoming AS (
	SELECT u.agent, u.chk, u.severity,
		a.hostname || ' has a ' || c.check_type || ' check: ' || u.description || ' that failed.' AS message,
		(c.dashboard_alert OR coalesce(t.check_always_alert, false)) AND (t.id IS NULL OR
			u.severity = ANY (coalesce(nullif(t.check_dashboard_alert_severity, '{}'), '{error,warning,info}'))) AS shown,
		c.dashboard_alert OR c.email_alert OR c.text_alert OR coalesce(t.check_always_alert, false) OR coalesce(t.check_always_email, false)
			OR coalesce(t.check_always_text, false) OR (coalesce(t.check_script_actions, false)
				AND coalesce(t.action_id, t.action_rest_id, t.resolved_action_id, t.resolved_action_rest_id) IS NOT NULL) AS should,
		g.open AND (c.email_alert OR coalesce(t.check_always_email, false)) AND (t.id IS NULL OR
			u.severity = ANY (coalesce(nullif(t.check_email_alert_severity, '{}'), '{error,warning}'))) AS email,
		g.open AND (c.text_alert OR coalesce(t.check_always_text, false)) AND (t.id IS NULL OR
			u.severity = ANY (coalesce(nullif(t.check_text_alert_severity, '{}'), '{error,warning}'))) AS sms,
		make_interval(days => nullif(t.check_periodic_alert_days, 0)) AS again
	FROM unnest($1::int[], $2::int[], $3::text[], $4::text[]) AS u (agent, chk, severity, description)
	JOIN agents a ON a.id = u.agent AND NOT a.maintenance_mode
	JOIN checks c ON c.id = u.chk
	LEFT JOIN alert_templates t ON t.id = a.alert_template_id
	CROSS JOIN LATERAL (SELECT CASE u.severity WHEN 'info' THEN k.notify_on_info_alerts WHEN 'warning' THEN k.notify_on_warning_alerts
		ELSE true END AS open FROM core_settings k) g
), present AS (
	SELECT DISTINCT ON (i.agent, i.chk) i.agent, i.chk, al.id, al.email_sent, al.sms_sent
	FROM incoming i JOIN alerts al ON al.agent_id = i.agent AND al.alert_type = 'check' AND NOT al.resolved AND al.assigned_check_id = i.chk
	ORDER BY i.agent, i.chk, al.id DESC
), surplus AS (
	UPDATE alerts al SET resolved = true, resolved_on = now(), snoozed = false, snooze_until = NULL FROM present p
	WHERE al.agent_id = p.agent AND al.alert_type = 'check' AND NOT al.resolved AND al.assigned_check_id = p.chk AND al.id < p.id
), changed AS (
	UPDATE alerts al SET severity = i.severity, hidden = al.hidden AND NOT i.shown
	FROM present p JOIN incoming i ON i.agent = p.agent AND i.chk = p.chk
	WHERE al.id = p.id AND (al.severity <> i.severity OR al.hidden AND i.shown)
), opened AS (
	INSERT INTO alerts (agent_id, assigned_check_id, alert_type, message, severity, hidden)
	SELECT i.agent, i.chk, 'check', i.message, i.severity, NOT i.shown FROM incoming i
	WHERE i.should AND NOT EXISTS (SELECT FROM present p WHERE p.agent = i.agent AND p.chk = i.chk)
	ORDER BY i.agent, i.chk
	RETURNING id, agent_id, assigned_check_id
), now_open AS (
	SELECT agent, chk, id, email_sent, sms_sent FROM present
	UNION ALL SELECT agent_id, assigned_check_id, id, NULL, NULL FROM opened
)
SELECT * FROM (
	SELECT o.id, i.email AND (o.email_sent IS NULL OR o.email_sent < now() - i.again) AS email,
		i.sms AND (o.sms_sent IS NULL OR o.sms_sent < now() - i.again) AS sms, false AS done, o.email_sent, o.sms_sent
	FROM now_open o JOIN incoming i ON i.agent = o.agent AND i.chk = o.chk
) n WHERE n.email OR n.sms`

// resolveQuery takes passing checks. Without a template nobody is told that a check is well again.
const resolveQuery = `WITH closed AS (
	UPDATE alerts al SET resolved = true, resolved_on = now(), snoozed = false, snooze_until = NULL
	FROM unnest($1::int[], $2::int[]) AS u (agent, chk) JOIN agents a ON a.id = u.agent AND NOT a.maintenance_mode
	WHERE al.agent_id = u.agent AND al.alert_type = 'check' AND NOT al.resolved AND al.assigned_check_id = u.chk
	RETURNING al.id, al.severity, a.alert_template_id, al.resolved_email_sent, al.resolved_sms_sent
)
SELECT * FROM (
	SELECT d.id, g.open AND d.resolved_email_sent IS NULL AND coalesce(t.check_email_on_resolved, false)
			AND d.severity = ANY (coalesce(nullif(t.check_email_alert_severity, '{}'), '{error,warning}')) AS email,
		g.open AND d.resolved_sms_sent IS NULL AND coalesce(t.check_text_on_resolved, false)
			AND d.severity = ANY (coalesce(nullif(t.check_text_alert_severity, '{}'), '{error,warning}')) AS sms,
		true AS done, d.resolved_email_sent, d.resolved_sms_sent
	FROM closed d JOIN alert_templates t ON t.id = d.alert_template_id
	CROSS JOIN LATERAL (SELECT CASE d.severity WHEN 'info' THEN k.notify_on_info_alerts WHEN 'warning' THEN k.notify_on_warning_alerts
		ELSE true END AS open FROM core_settings k) g
) n WHERE n.email OR n.sms`

func open(ctx context.Context, tx pgx.Tx, events []Event) ([]notice, error) {
	if len(events) == 0 {
		return nil, nil
	}
	var agents, ids []int32
	var severities, descriptions []string
	for _, e := range events {
		agents, ids = append(agents, e.AgentPK), append(ids, e.CheckID)
		severities, descriptions = append(severities, e.Severity), append(descriptions, e.Description)
	}
	rows, err := tx.Query(ctx, openQuery, agents, ids, severities, descriptions)
	return collect(rows, err, "open alerts")
}

func resolve(ctx context.Context, tx pgx.Tx, events []Event) ([]notice, error) {
	if len(events) == 0 {
		return nil, nil
	}
	var agents, ids []int32
	for _, e := range events {
		agents, ids = append(agents, e.AgentPK), append(ids, e.CheckID)
	}
	rows, err := tx.Query(ctx, resolveQuery, agents, ids)
	return collect(rows, err, "resolve alerts")
}

func collect(rows pgx.Rows, err error, what string) ([]notice, error) {
	if err != nil {
		return nil, fmt.Errorf("%s: %w", what, err)
	}
	out, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (n notice, err error) {
		err = row.Scan(&n.AlertID, &n.Email, &n.Text, &n.Resolved, &n.EmailSent, &n.TextSent)
		return n, err
	})
	if err != nil {
		return nil, fmt.Errorf("%s: %w", what, err)
	}
	return out, nil
}

// messages are what an outbox takes to tell people. A check that goes on failing asks again before the first mail is out:
// the key makes that one message.
func messages(notices []notice) []outbox.Message {
	var out []outbox.Message
	add := func(n notice, channel channel, last *time.Time) {
		key := fmt.Sprintf("%d %s %t", n.AlertID, channel, n.Resolved)
		if last != nil {
			key += " after " + strconv.FormatInt(last.UnixMicro(), 10)
		}
		out = append(out, outbox.Message{
			Kind: KindNotify().Name, Payload: notifyJob{AlertID: n.AlertID, Channel: channel, Resolved: n.Resolved}, Dedupe: key,
		})
	}
	for _, n := range notices {
		if n.Email {
			add(n, byMail, n.EmailSent)
		}
		if n.Text {
			add(n, byText, n.TextSent)
		}
	}
	return out
}
