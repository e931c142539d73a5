package agents_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/gueencode/gueenrmm/pkg/access"
	"github.com/gueencode/gueenrmm/pkg/agents"
	"github.com/gueencode/gueenrmm/pkg/customfields"
)

func (b *bundle) table(t *testing.T, scope access.Scope, f agents.ListFilter) []agents.TableRow {
	t.Helper()
	var rows []agents.TableRow
	require.NoError(t, b.service.ForEachTableRow(t.Context(), scope, f, func(r *agents.TableRow) error {
		rows = append(rows, *r)
		return nil
	}))
	return rows
}

func TestTableRows(t *testing.T) {
	t.Parallel()
	b := setup(t)
	first, _ := b.enrol(t, machine(someID, b.site1))
	workstation := machine("workstationworkstation01", b.site3)
	workstation.MonitoringType, workstation.Plat = "workstation", agents.Windows
	second, _ := b.enrol(t, workstation)
	ctx := t.Context()
	exec := func(sql string, args ...any) {
		t.Helper()
		_, err := b.pool.Exec(ctx, sql, args...)
		require.NoError(t, err)
	}
	var field int32
	require.NoError(t, b.pool.QueryRow(ctx, `INSERT INTO custom_fields (model, type, name) VALUES ('agent', 'multiple', 'tags') RETURNING id`).Scan(&field))
	tags := []string{"x", "y"}
	require.NoError(t, b.service.Edit(as(ctx, admin()), admin(), first, agents.Edit{CustomFields: []customfields.Input{{Field: field, Multiple: &tags}}}))
	exec(`INSERT INTO pending_actions (agent_id, action_type, details) VALUES ($1, 'schedreboot', '{}'), ($1, 'agentupdate', '{}')`, first.PK)
	exec(`UPDATE pending_actions SET status = 'completed' WHERE action_type = 'agentupdate'`)
	exec(`INSERT INTO win_updates (agent_id, guid, action) VALUES ($1, 'g', 'approve')`, second.PK)
	exec(`UPDATE agents SET logged_in_username = 'None', last_logged_in_user = 'ann'`)
	exec(`UPDATE agent_presence SET last_seen = now() - interval '20 minutes' WHERE agent_id = $1`, second.PK)
	exec(`WITH t AS (INSERT INTO alert_templates (name, agent_always_email) VALUES ('Loud', true) RETURNING id) UPDATE agents SET alert_template_id = t.id FROM t WHERE agents.id = $1`, first.PK)
	exec(`UPDATE agent_check_counts SET total = 3, passing = 1, warning = 2 WHERE agent_id = $1`, first.PK)

	rows := b.table(t, access.Everything(), agents.ListFilter{})
	require.Len(t, rows, 2)
	one, two := rows[0], rows[1]
	require.Equal(t, first.AgentID, one.AgentID)
	require.Equal(t, "Loud", *one.TemplateName)
	require.Equal(t, true, *one.TemplateEmail)
	require.Equal(t, int64(1), one.PendingActions)
	require.True(t, one.Checks.HasFailing())
	require.Equal(t, agents.Online, one.Status)
	require.Equal(t, "ann", *one.LoggedUser)
	require.True(t, one.Italic)
	require.False(t, one.PatchesPending)
	require.Contains(t, string(one.CustomFields), `"value" : ["x","y"]`)
	require.Equal(t, "Error getting graphics cards", one.Summary.Graphics)

	require.Equal(t, agents.Offline, two.Status)
	require.Equal(t, "-", *two.LoggedUser)
	require.False(t, two.Italic)
	require.True(t, two.PatchesPending)
	require.Nil(t, two.CustomFields)
	require.Equal(t, "Graphics info requires agent v1.4.14", two.Summary.Graphics)

	for name, tt := range map[string]struct {
		scope  access.Scope
		filter agents.ListFilter
		want   int
	}{
		"nothing":      {access.Scope{}, agents.ListFilter{}, 0},
		"client scope": {access.Scope{Clients: []int32{b.client2}}, agents.ListFilter{}, 1},
		"site scope":   {access.Scope{Sites: []int32{b.site2}}, agents.ListFilter{}, 0},
		"servers":      {access.Everything(), agents.ListFilter{MonitoringType: "server"}, 1},
		"client":       {access.Everything(), agents.ListFilter{ClientID: b.client1}, 1},
		"site wins":    {access.Everything(), agents.ListFilter{ClientID: b.client1, SiteID: b.site3}, 1},
	} {
		require.Len(t, b.table(t, tt.scope, tt.filter), tt.want, name)
		short := 0
		require.NoError(t, b.service.ForEachShortRow(t.Context(), tt.scope, tt.filter, func(*agents.ShortRow) error { short++; return nil }))
		require.Equal(t, tt.want, short, name)
	}
}

func TestStatusAt(t *testing.T) {
	t.Parallel()
	now := time.Date(2030, 1, 1, 12, 0, 0, 0, time.UTC)
	at := func(ago time.Duration) *time.Time { s := now.Add(-ago); return &s }
	tests := map[string]struct {
		seen             *time.Time
		offline, overdue int32
		want             agents.Status
	}{
		"never":                     {nil, 4, 30, agents.Offline},
		"fresh":                     {at(time.Minute), 4, 30, agents.Online},
		"exactly offline":           {at(4 * time.Minute), 4, 30, agents.Online},
		"late":                      {at(5 * time.Minute), 4, 30, agents.Offline},
		"exactly overdue":           {at(30 * time.Minute), 4, 30, agents.Online},
		"overdue":                   {at(31 * time.Minute), 4, 30, agents.Overdue},
		"overdue first, not both":   {at(10 * time.Minute), 20, 5, agents.Online},
		"overdue first, past both":  {at(21 * time.Minute), 20, 5, agents.Overdue},
		"clock of the agent is odd": {at(-time.Hour), 4, 30, agents.Online},
	}
	for name, tt := range tests {
		require.Equal(t, tt.want, agents.StatusAt(now, tt.seen, tt.offline, tt.overdue), name)
	}
}

func BenchmarkForEachTableRow(b *testing.B) {
	s := setup(b)
	s.fleet(b, 5000)
	for b.Loop() {
		n := 0
		err := s.service.ForEachTableRow(b.Context(), access.Everything(), agents.ListFilter{}, func(*agents.TableRow) error { n++; return nil })
		if err != nil || n != 5000 {
			b.Fatal(n, err)
		}
	}
}
