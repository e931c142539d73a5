package alerts_test

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/require"

	"github.com/gueencode/gueenrmm/pkg/alerts"
	"github.com/gueencode/gueenrmm/pkg/fault"
	"github.com/gueencode/gueenrmm/pkg/platform/dbtest"
	"github.com/gueencode/gueenrmm/pkg/platform/queue"
)

// bundle is a database with one agent that has one ping check.
type bundle struct {
	ctx          context.Context
	pool         *pgxpool.Pool
	agent, check int32
}

func setup(t *testing.T) *bundle {
	t.Helper()
	b := &bundle{ctx: t.Context(), pool: dbtest.New(t)}
	var site int32
	b.row(t, &site, `WITH c AS (INSERT INTO clients (name) VALUES ('Acme') RETURNING id) INSERT INTO sites (client_id, name) SELECT id, 'Main' FROM c RETURNING id`)
	b.row(t, &b.agent, `INSERT INTO agents (agent_id, hostname, plat, site_id) VALUES (repeat('a', 40), 'host-1', 'linux', $1) RETURNING id`, site)
	b.row(t, &b.check, `INSERT INTO checks (agent_id, check_type, name, ip, alert_severity) VALUES ($1, 'ping', 'gateway', '10.0.0.1', 'error') RETURNING id`, b.agent)
	b.exec(t, `INSERT INTO check_results (agent_id, assigned_check_id, status, more_info) VALUES ($1, $2, 'failing', '4 packets lost')`, b.agent, b.check)
	return b
}

func (b *bundle) row(t *testing.T, dst any, query string, args ...any) {
	t.Helper()
	require.NoError(t, b.pool.QueryRow(b.ctx, query, args...).Scan(dst), query)
}

func (b *bundle) exec(t *testing.T, query string, args ...any) {
	t.Helper()
	_, err := b.pool.Exec(b.ctx, query, args...)
	require.NoError(t, err, query)
}

func (b *bundle) number(t *testing.T, query string, args ...any) (n int) {
	t.Helper()
	b.row(t, &n, query, args...)
	return n
}

func (b *bundle) failed() alerts.Event {
	return alerts.Event{AgentPK: b.agent, CheckID: b.check, Failed: true, Severity: "error", Description: "Ping Check: gateway"}
}

func (b *bundle) passed() alerts.Event { return alerts.Event{AgentPK: b.agent, CheckID: b.check} }

func (b *bundle) follow(t *testing.T, events ...alerts.Event) {
	t.Helper()
	require.NoError(t, pgx.BeginFunc(b.ctx, b.pool, func(tx pgx.Tx) error { return alerts.Follow(b.ctx, tx, events) }))
}

// sent keeps what was told.
type sent struct {
	err      error
	subjects []string
	bodies   []string
	to       [][]string
}

type mails struct{ *sent }

func (m mails) Send(_ context.Context, to []string, subject, body string) error {
	m.subjects, m.bodies, m.to = append(m.subjects, subject), append(m.bodies, body), append(m.to, to)
	return m.err
}

type texts struct{ *sent }

func (m texts) Send(_ context.Context, to []string, body string) error {
	m.bodies, m.to = append(m.bodies, body), append(m.to, to)
	return m.err
}

// tell does every job of the outbox that was not done yet.
func (b *bundle) tell(t *testing.T, mail, text *sent) (problems []error) {
	t.Helper()
	handler := alerts.NotifyHandler(b.pool, mails{mail}, texts{text})
	rows, err := b.pool.Query(b.ctx, `UPDATE outbox SET done_at = now(), dispatched_at = now() WHERE done_at IS NULL RETURNING payload`)
	require.NoError(t, err)
	payloads, err := pgx.CollectRows(rows, pgx.RowTo[[]byte])
	require.NoError(t, err)
	for _, p := range payloads {
		if err := handler.Do(b.ctx, queue.Task{Kind: handler.Kind.Name, Payload: p}); err != nil {
			problems = append(problems, err)
		}
	}
	return problems
}

func TestAlertOpensShowsAndCloses(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.follow(t, b.failed())
	require.Zero(t, b.number(t, `SELECT count(*) FROM alerts`), "nobody wants to know")

	b.exec(t, `UPDATE checks SET email_alert = true`)
	b.follow(t, b.failed())
	require.Equal(t, 1, b.number(t, `SELECT count(*) FROM alerts WHERE hidden AND NOT resolved AND severity = 'error' AND alert_type = 'check'
		AND message = 'host-1 has a ping check: Ping Check: gateway that failed.'`))
	b.exec(t, `UPDATE checks SET dashboard_alert = true`)
	warning := b.failed()
	warning.Severity = "warning"
	b.follow(t, b.failed(), warning)
	require.Equal(t, 1, b.number(t, `SELECT count(*) FROM alerts WHERE NOT hidden AND severity = 'warning'`), "one alert, shown, with the last severity")

	b.exec(t, `UPDATE agents SET maintenance_mode = true`)
	b.follow(t, b.passed())
	require.Equal(t, 1, b.number(t, `SELECT count(*) FROM alerts WHERE NOT resolved`), "maintenance keeps it")
	b.exec(t, `UPDATE agents SET maintenance_mode = false`)
	b.follow(t, b.passed(), b.failed(), b.passed())
	require.Equal(t, 2, b.number(t, `SELECT count(*) FROM alerts WHERE resolved AND resolved_on IS NOT NULL`), "each failure between two good runs is an alert")
	require.Equal(t, 2, b.number(t, `SELECT count(*) FROM outbox WHERE kind = 'alerts.notify'`), "one mail for each alert, none for the ends without a template")
}

func TestSurplusAlertsAreClosed(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.exec(t, `INSERT INTO alerts (agent_id, assigned_check_id, alert_type, severity) SELECT $1, $2, 'check', 'error' FROM generate_series(1, 3)`, b.agent, b.check)
	b.follow(t, b.failed())
	require.Equal(t, 1, b.number(t, `SELECT count(*) FROM alerts WHERE NOT resolved`))
	require.Equal(t, 3, b.number(t, `SELECT id FROM alerts WHERE NOT resolved`), "the newest stays")
}

func TestPeopleAreToldOnceAndAgainAfterTheDaysOfTheTemplate(t *testing.T) {
	t.Parallel()
	b := setup(t)
	var template int32
	b.row(t, &template, `INSERT INTO alert_templates (name, check_always_email, check_always_text, check_email_on_resolved, check_periodic_alert_days,
		email_recipients, check_text_alert_severity) VALUES ('t', true, true, true, 2, '{ops@example.com}', '{warning}') RETURNING id`)
	b.exec(t, `UPDATE agents SET alert_template_id = $1`, template)
	b.follow(t, b.failed())
	b.follow(t, b.failed())
	mail, text := &sent{}, &sent{}
	require.Empty(t, b.tell(t, mail, text))
	require.Equal(t, []string{"Acme, Main, host-1 - Ping Check: gateway Failed"}, mail.subjects)
	require.Equal(t, []string{"4 packets lost"}, mail.bodies)
	require.Equal(t, [][]string{{"ops@example.com"}}, mail.to)
	require.Empty(t, text.bodies, "its severity is not in the template's list")
	b.follow(t, b.failed())
	require.Empty(t, b.tell(t, mail, text))
	require.Len(t, mail.subjects, 1)
	b.exec(t, `UPDATE alerts SET email_sent = now() - interval '3 days'`)
	b.follow(t, b.failed())
	require.Empty(t, b.tell(t, mail, text))
	require.Len(t, mail.subjects, 2)
	b.follow(t, b.passed())
	require.Empty(t, b.tell(t, mail, text))
	require.Equal(t, "Acme, Main, host-1 - Ping Check: gateway Resolved", mail.subjects[2])
	require.Equal(t, 1, b.number(t, `SELECT count(*) FROM alerts WHERE resolved_email_sent IS NOT NULL AND resolved_sms_sent IS NULL`))
}

func TestFailuresOfTheServerAreTriedAgainAndMissingSettingsAreNot(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.exec(t, `UPDATE checks SET email_alert = true, text_alert = true`)
	b.follow(t, b.failed())
	mail, text := &sent{err: errors.New("connection refused")}, &sent{err: fault.Refused("not set up")}
	problems := b.tell(t, mail, text)
	require.Len(t, problems, 2)
	require.Equal(t, 1, b.number(t, `SELECT count(*) FROM alerts WHERE email_sent IS NULL AND sms_sent IS NOT NULL`))
	b.exec(t, `DELETE FROM alerts`)
	b.exec(t, `UPDATE outbox SET done_at = NULL`)
	require.Empty(t, b.tell(t, mail, text), "nothing is left to tell")
}

func TestWarningsArePassedOverWhereTheSettingsSaySo(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.exec(t, `UPDATE checks SET email_alert = true`)
	b.exec(t, `UPDATE core_settings SET notify_on_warning_alerts = false`)
	e := b.failed()
	e.Severity = "warning"
	b.follow(t, e)
	require.Equal(t, 1, b.number(t, `SELECT count(*) FROM alerts`))
	require.Zero(t, b.number(t, `SELECT count(*) FROM outbox`))
}

func TestTransitionWalksIndexes(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.exec(t, `INSERT INTO agents (agent_id, hostname, plat, site_id) SELECT 'b' || lpad(g::text, 39, '0'), 'h' || g, 'linux', (SELECT id FROM sites) FROM generate_series(1, 3000) g`)
	b.exec(t, `INSERT INTO alerts (agent_id, assigned_check_id, alert_type, resolved) SELECT id, $1, 'check', id % 50 <> 0 FROM agents, generate_series(1, 5)`, b.check)
	b.exec(t, `ANALYZE`)
	one, text := []int32{b.agent}, []string{"x"}
	for name, plan := range map[string]string{
		"open":    dbtest.Explain(t, b.pool, alerts.OpenQuery, one, one, []string{"error"}, text),
		"resolve": dbtest.Explain(t, b.pool, alerts.ResolveQuery, one, one),
	} {
		require.NotContains(t, plan, "Seq Scan on alerts", fmt.Sprintf("%s\n%s", name, plan))
		require.NotContains(t, plan, "Seq Scan on agents", fmt.Sprintf("%s\n%s", name, plan))
	}
}
