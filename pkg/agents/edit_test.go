package agents_test

import (
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"github.com/gueencode/gueenrmm/pkg/access"
	"github.com/gueencode/gueenrmm/pkg/agents"
	"github.com/gueencode/gueenrmm/pkg/customfields"
	"github.com/gueencode/gueenrmm/pkg/fault"
)

func TestEditIsAtomicAndAudited(t *testing.T) {
	t.Parallel()
	b := setup(t)
	ref, _ := b.enrol(t, machine(someID, b.site1))
	ctx := as(t.Context(), admin())
	text := "x"
	err := b.service.Edit(ctx, admin(), ref, agents.Edit{
		Agent:        func(a *agents.Row) { a.Description = &text },
		CustomFields: []customfields.Input{{Field: 9999, StringSet: true, String: &text}},
	})
	require.Equal(t, fault.KindInvalid, fault.KindOf(err))
	detail, err := b.service.Detail(ctx, ref.PK)
	require.NoError(t, err)
	require.Equal(t, "", *detail.Agent.Description, "nothing of a refused edit is kept")

	require.NoError(t, b.service.Edit(ctx, admin(), ref, agents.Edit{
		Agent:       func(a *agents.Row) { a.Description, a.SiteID = &text, b.site3 },
		PatchPolicy: func(p *agents.PatchPolicy) { p.Critical = "approve" },
	}))
	moved, err := b.service.Find(ctx, access.Everything(), someID)
	require.NoError(t, err)
	require.Equal(t, b.site3, moved.SiteID)
	detail, err = b.service.Detail(ctx, ref.PK)
	require.NoError(t, err)
	require.Equal(t, "approve", detail.PatchPolicy.Critical)
	rows, err := b.pool.Query(ctx, `SELECT object_type || ' ' || action FROM audit_log WHERE action <> 'agent_install' ORDER BY id`)
	require.NoError(t, err)
	got, err := pgx.CollectRows(rows, pgx.RowTo[string])
	require.NoError(t, err)
	require.Equal(t, []string{"agent modify", "winupdatepolicy modify"}, got)

	require.NoError(t, b.service.Edit(ctx, admin(), ref, agents.Edit{}))
	var n int
	require.NoError(t, b.pool.QueryRow(ctx, `SELECT count(*) FROM audit_log`).Scan(&n))
	require.Equal(t, 3, n, "an edit that changes nothing is not audited")
}

func TestEditChecksShellAndNewSite(t *testing.T) {
	t.Parallel()
	b := setup(t)
	ref, _ := b.enrol(t, machine(someID, b.site1))
	err := b.service.Edit(t.Context(), admin(), ref, agents.Edit{Agent: func(a *agents.Row) { a.DefaultShell = "cmd" }})
	require.ErrorContains(t, err, "Invalid default shell for Linux agent. Use global default, 'bash' or 'custom'.")
	err = b.service.Edit(t.Context(), admin(), ref, agents.Edit{Agent: func(a *agents.Row) { a.DefaultShell = "custom" }})
	require.ErrorContains(t, err, "Custom shell path must be provided.")
	limited := &access.Principal{Kind: access.APIKey, Username: "u", Scope: access.Scope{Clients: []int32{b.client1}}}
	err = b.service.Edit(t.Context(), limited, ref, agents.Edit{Agent: func(a *agents.Row) { a.SiteID = b.site3 }})
	require.Equal(t, fault.KindForbidden, fault.KindOf(err), "an agent cannot be moved out of the editor's reach")
}

func TestDelete(t *testing.T) {
	t.Parallel()
	b := setup(t)
	ref, _ := b.enrol(t, machine(someID, b.site1))
	note := "n"
	require.NoError(t, b.service.AddNote(t.Context(), admin(), ref.PK, &note))
	require.NoError(t, b.service.Delete(as(t.Context(), admin()), ref))
	_, err := b.service.Find(t.Context(), access.Everything(), someID)
	require.Equal(t, fault.KindNotFound, fault.KindOf(err))
	require.Equal(t, fault.KindNotFound, fault.KindOf(b.service.Delete(t.Context(), ref)))
	require.Contains(t, b.facts.list(), "facts.agent."+someID+".removed")
	var message string
	require.NoError(t, b.pool.QueryRow(t.Context(), `SELECT message FROM audit_log WHERE action = 'delete'`).Scan(&message))
	require.Equal(t, "root deleted agent host-AAAA", message)
}

func TestFindKeepsToTheScope(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.enrol(t, machine(someID, b.site1))
	for kind, scope := range map[fault.Kind]access.Scope{fault.KindForbidden: {Clients: []int32{b.client2}}, "": {Sites: []int32{b.site1}}} {
		_, err := b.service.Find(t.Context(), scope, someID)
		require.Equal(t, kind, fault.KindOf(err))
	}
	_, err := b.service.Find(t.Context(), access.Scope{}, "nobody")
	require.Equal(t, fault.KindNotFound, fault.KindOf(err))
}

func TestMaintenanceKeepsToTheScope(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.enrol(t, machine(someID, b.site1))
	b.enrol(t, machine("BBBBAAAABBBBAAAABBBBAAAABBBB", b.site2))
	n, err := b.service.SetMaintenance(t.Context(), access.Scope{Sites: []int32{b.site2}}, agents.MaintenanceTarget{ClientID: &b.client1}, true)
	require.NoError(t, err)
	require.Equal(t, 1, n)
	n, err = b.service.SetMaintenance(t.Context(), access.Everything(), agents.MaintenanceTarget{ClientID: &b.client1}, false)
	require.NoError(t, err)
	require.Equal(t, 2, n)
}

func TestAppliedPolicies(t *testing.T) {
	t.Parallel()
	b := setup(t)
	ref, _ := b.enrol(t, machine(someID, b.site1))
	ctx := t.Context()
	_, err := b.pool.Exec(ctx, `
		INSERT INTO policies (id, name, active) VALUES (101, 'agent', false), (102, 'site', true), (103, 'client', true), (104, 'default', true);
		UPDATE agents SET policy_id = 101; UPDATE sites SET server_policy_id = 102; UPDATE clients SET server_policy_id = 103;
		UPDATE core_settings SET server_policy_id = 104;
		INSERT INTO win_update_policies (policy_id, critical, run_time_frequency, run_time_day, run_time_hour) VALUES
		  (101, 'ignore', 'daily', 1, 1), (102, 'approve', 'monthly', 15, 2)`)
	require.NoError(t, err)
	_, err = b.pool.Exec(ctx, `UPDATE win_update_policies SET run_time_frequency = 'monthly', run_time_hour = 7, low = 'manual' WHERE agent_id = $1`, ref.PK)
	require.NoError(t, err)
	d, err := b.service.Detail(ctx, ref.PK)
	require.NoError(t, err)
	names := func(d *agents.Detail) (out []string) {
		for _, p := range []*agents.Policy{d.Applied.Agent, d.Applied.Site, d.Applied.Client, d.Applied.Default} {
			if p == nil {
				out = append(out, "-")
			} else {
				out = append(out, p.Name)
			}
		}
		return out
	}
	require.Equal(t, []string{"agent", "site", "client", "default"}, names(d))
	require.Equal(t, "approve", d.PatchPolicy.Critical, "the inactive policy is passed over")
	require.Equal(t, "manual", d.PatchPolicy.Low)
	require.Equal(t, int32(7), d.PatchPolicy.RunTimeHour)
	require.Equal(t, int32(15), d.PatchPolicy.RunTimeDay, "the day of the month stays the policy's")

	for _, step := range []struct {
		sql  string
		want []string
	}{
		{`UPDATE clients SET block_policy_inheritance = true`, []string{"agent", "site", "client", "-"}},
		{`UPDATE sites SET block_policy_inheritance = true`, []string{"agent", "site", "-", "-"}},
		{`INSERT INTO policy_excluded_sites SELECT 102, site_id FROM agents`, []string{"agent", "-", "-", "-"}},
		{`UPDATE agents SET block_policy_inheritance = true`, []string{"agent", "-", "-", "-"}},
		{`INSERT INTO policy_excluded_agents SELECT 101, id FROM agents`, []string{"-", "-", "-", "-"}},
	} {
		_, err := b.pool.Exec(ctx, step.sql)
		require.NoError(t, err)
		d, err := b.service.Detail(ctx, ref.PK)
		require.NoError(t, err)
		require.Equal(t, step.want, names(d), step.sql)
	}
}

func TestNotesAndHistory(t *testing.T) {
	t.Parallel()
	b := setup(t)
	ref, _ := b.enrol(t, machine(someID, b.site1))
	ctx := t.Context()
	text := "first"
	require.NoError(t, b.service.AddNote(ctx, admin(), ref.PK, &text))
	notes, err := b.service.Notes(ctx, access.Everything(), 0)
	require.NoError(t, err)
	require.Len(t, notes, 1)
	outside := access.Scope{Clients: []int32{b.client2}}
	none, err := b.service.Notes(ctx, outside, 0)
	require.NoError(t, err)
	require.Empty(t, none)
	_, err = b.service.Note(ctx, outside, notes[0].ID)
	require.Equal(t, fault.KindForbidden, fault.KindOf(err))
	edited := "edited"
	require.NoError(t, b.service.EditNote(ctx, access.Everything(), notes[0].ID, agents.NoteChange{SetText: true, Text: &edited}))
	note, err := b.service.Note(ctx, access.Everything(), notes[0].ID)
	require.NoError(t, err)
	require.Equal(t, "edited", *note.Text)
	require.NoError(t, b.service.DeleteNote(ctx, access.Everything(), note.ID))
	require.Equal(t, fault.KindNotFound, fault.KindOf(b.service.DeleteNote(ctx, access.Everything(), note.ID)))

	var ids map[int32]int64
	require.NoError(t, pgx.BeginFunc(ctx, b.pool, func(tx pgx.Tx) (err error) {
		ids, err = b.service.AddHistory(ctx, tx, agents.NewHistory{Type: agents.ScriptRun, Username: "root"}, ref.PK)
		return err
	}))
	require.NoError(t, b.service.SetScriptResults(ctx, ids[ref.PK], []byte(`{"stdout":"x"}`)))
	count := func(scope access.Scope) (n int) {
		require.NoError(t, b.service.ForEachHistory(ctx, scope, 0, func(h *agents.History) error {
			require.JSONEq(t, `{"stdout":"x"}`, string(h.ScriptResults))
			n++
			return nil
		}))
		return n
	}
	require.Equal(t, 1, count(access.Everything()))
	require.Equal(t, 0, count(outside))
	runs := func(f agents.ScriptHistoryFilter) (n int) {
		require.NoError(t, b.service.ForEachScriptRun(ctx, access.Everything(), f, func(*agents.History) error { n++; return nil }))
		return n
	}
	zero := int32(0)
	require.Equal(t, 1, runs(agents.ScriptHistoryFilter{}))
	require.Equal(t, 0, runs(agents.ScriptHistoryFilter{Limit: &zero}))
	require.Equal(t, 0, runs(agents.ScriptHistoryFilter{ScriptName: "other"}))
	require.Equal(t, 0, runs(agents.ScriptHistoryFilter{Start: time.Unix(0, 0), End: time.Unix(1, 0)}))
}

func TestPendingActions(t *testing.T) {
	t.Parallel()
	b := setup(t)
	ref, _ := b.enrol(t, machine(someID, b.site1))
	ctx := t.Context()
	require.NoError(t, b.service.AddPendingAction(ctx, ref.PK, agents.SchedReboot, map[string]string{"time": "2001-01-01 10:00:00"}))
	require.NoError(t, b.service.AddPendingAction(ctx, ref.PK, agents.SchedReboot, map[string]string{"time": "2999-01-01 10:00:00"}))
	require.NoError(t, b.service.AddPendingAction(ctx, ref.PK, agents.SchedReboot, map[string]string{"time": "soon"}))
	require.NoError(t, pgx.BeginFunc(ctx, b.pool, func(tx pgx.Tx) error {
		return b.service.ReplaceUpdateActions(ctx, tx, map[int32]any{ref.PK: map[string]string{"version": "9.9.9"}})
	}))
	list, err := b.service.PendingActions(ctx, ref.PK)
	require.NoError(t, err)
	require.Len(t, list, 4)
	require.Equal(t, "completed", list[0].Status)
	require.Equal(t, "pending", list[1].Status)
	require.Equal(t, "2999-01-01 10:00:00", list[1].Due())
	require.Equal(t, "pending", list[2].Status)
	require.Equal(t, "Agent update to 9.9.9", *list[3].Description())
	require.Equal(t, "Next update cycle", list[3].Due())
}
