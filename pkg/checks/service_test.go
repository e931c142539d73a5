package checks_test

import (
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/gueencode/gueenrmm/pkg/access"
	"github.com/gueencode/gueenrmm/pkg/checks"
	"github.com/gueencode/gueenrmm/pkg/fault"
	"github.com/gueencode/gueenrmm/pkg/platform/dbtest"
)

func TestCreateFollowsTheTypeRules(t *testing.T) {
	t.Parallel()
	b := setup(t)
	_, agent := b.agent(t, b.sites[0], "windows")
	disk := func(drive string, warning, failing int32) checks.Definition {
		return of(checks.DiskSpace, func(d *checks.Definition) {
			d.Disk, d.WarningThreshold, d.ErrorThreshold = &drive, &warning, &failing
		})
	}
	load := func(typ checks.Type, warning, failing int32) checks.Definition {
		return of(typ, func(d *checks.Definition) { d.WarningThreshold, d.ErrorThreshold = &warning, &failing })
	}
	ping := func(host string) checks.Definition {
		return of(checks.Ping, func(d *checks.Definition) { d.IP, d.Name = &host, ptr("p") })
	}
	steps := []struct {
		def     checks.Definition
		added   string
		refused string
	}{
		{def: disk("C:", 25, 10), added: "Disk Space Check: Drive C: -  Warning Threshold: 25% Error Threshold: 10%"},
		{def: disk("C:", 25, 10), refused: "A disk check for Drive C: already exists!"},
		{def: disk("C", 25, 10), refused: "A disk check for Drive C already exists!"},
		{def: disk("%:", 25, 10), added: "Disk Space Check: Drive %: -  Warning Threshold: 25% Error Threshold: 10%"},
		{def: disk("D:", 0, 0), refused: "Warning threshold or Error Threshold must be set"},
		{def: disk("D:", 10, 25), refused: "Warning threshold must be greater than Error Threshold"},
		{def: load(checks.CPULoad, 70, 90), added: "CPU Load Check -  Warning Threshold: 70% Error Threshold: 90%"},
		{def: load(checks.CPULoad, 70, 90), refused: "A cpuload check for this agent already exists"},
		{def: load(checks.Memory, 90, 70), refused: "Warning threshold must be less than Error Threshold"},
		{def: load(checks.Memory, 0, 0), refused: "Warning threshold or Error Threshold must be set"},
		{def: ping("localhost"), refused: "Please enter a valid IP address or domain name"},
		{def: ping("example.com"), added: "Ping Check: p"},
	}
	for _, step := range steps {
		text, err := b.svc.Create(b.ctx, b.admin(), agent, step.def)
		if step.refused == "" {
			require.NoError(t, err)
			require.Equal(t, step.added, text)
			continue
		}
		var refusal *fault.Error
		require.ErrorAs(t, err, &refusal)
		require.Equal(t, []string{step.refused}, refusal.Fields[fault.NonField])
	}
	_, err := b.svc.Create(b.ctx, b.admin(), "NOSUCHAGENTIDENTIFIERXXX", ping("a.bc"))
	require.Equal(t, fault.KindNotFound, fault.KindOf(err))
	_, other := b.agent(t, b.sites[1], "linux")
	_, err = b.svc.Create(b.ctx, b.limited(), other, ping("a.bc"))
	require.Equal(t, fault.KindForbidden, fault.KindOf(err))
	_, err = b.svc.Create(b.ctx, b.admin(), "", ping("a.bc"))
	require.Equal(t, fault.KindInvalid, fault.KindOf(err))
}

func TestPingTargets(t *testing.T) {
	t.Parallel()
	for _, good := range []string{"google.com", "server.lan", "10.0.0.1", "10.0.0.1/24", "::1", "fe80::1%eth0", "bücher.de", "A.Example.COM"} {
		require.True(t, checks.ValidPingTarget(good), good)
	}
	for _, bad := range []string{"", "localhost", "host", "my_host.local", "google.com.", "http://x.com", "256.1.1.1", "-a.com", "a..b", "x.y"} {
		require.False(t, checks.ValidPingTarget(bad), bad)
	}
}

func TestEditKeepsTypeOwnerAndAuditColumns(t *testing.T) {
	t.Parallel()
	b := setup(t)
	pk, agent := b.agent(t, b.sites[0], "windows")
	id := b.create(t, agent, of(checks.DiskSpace, func(d *checks.Definition) { d.Disk, d.WarningThreshold = ptr("C:"), ptr[int32](25) }))
	text, err := b.svc.Edit(access.With(b.ctx, b.admin()), b.admin(), id, func(d *checks.Definition) error {
		d.CheckType, d.Disk, d.ErrorThreshold, d.WarningThreshold = checks.Ping, ptr("E:"), ptr[int32](50), ptr[int32](5)
		d.Agent, d.OverriddenByPolicy = nil, true
		return nil
	})
	require.NoError(t, err)
	require.Equal(t, "Disk Space Check: Drive E: -  Warning Threshold: 5% Error Threshold: 50%", text)
	got, err := b.svc.Get(b.ctx, b.admin(), id)
	require.NoError(t, err)
	require.Equal(t, checks.DiskSpace, got.CheckType)
	require.Equal(t, pk, *got.Agent)
	require.False(t, got.OverriddenByPolicy)
	require.Equal(t, "admin", *got.ModifiedBy)
	var entries int
	require.NoError(t, b.pool.QueryRow(b.ctx, `SELECT count(*) FROM audit_log WHERE object_type = 'check' AND action = 'modify'
		AND before_value->>'disk' = 'C:' AND after_value->>'disk' = 'E:'`).Scan(&entries))
	require.Equal(t, 1, entries)

	_, err = b.svc.Edit(b.ctx, b.admin(), 999999, func(*checks.Definition) error { return nil })
	require.Equal(t, fault.KindNotFound, fault.KindOf(err))
	other, otherID := b.agent(t, b.sites[1], "windows")
	foreign := b.create(t, otherID, of(checks.Ping, func(d *checks.Definition) { d.IP = ptr("1.1.1.1") }))
	for _, refused := range []error{
		second(b.svc.Edit(b.ctx, b.limited(), foreign, func(*checks.Definition) error { return nil })),
		second(b.svc.Delete(b.ctx, b.limited(), foreign)),
		second(b.svc.Get(b.ctx, b.limited(), foreign)),
	} {
		require.Equal(t, fault.KindForbidden, fault.KindOf(refused))
	}
	require.Equal(t, 1, b.counts(t, other).Total)
	listed, err := b.svc.List(b.ctx, b.limited())
	require.NoError(t, err)
	require.Len(t, listed, 1)
	_, err = b.svc.Delete(b.ctx, b.admin(), foreign)
	require.NoError(t, err)
	require.Equal(t, counts{}, b.counts(t, other))
}

func second[T any](_ T, err error) error { return err }

func TestRunnableChecks(t *testing.T) {
	t.Parallel()
	b := setup(t)
	pk, agent := b.agent(t, b.sites[0], "windows")
	b.exec(t, `INSERT INTO script_snippets (name, code) VALUES ('snip', 'hello')`)
	b.exec(t, `INSERT INTO scripts (id, name, shell, script_body, run_as_user) VALUES (50, 'S', 'powershell', 'echo {{snip}}', true)`)
	script := b.create(t, agent, of(checks.Script, func(d *checks.Definition) {
		d.Script, d.ScriptArgs, d.EnvVars = ptr[int32](50), []string{"{{agent.hostname}}", "plain"}, []string{"K={{agent.hostname}}", "BAD"}
		d.RunInterval = 3600
	}))
	ping := b.create(t, agent, of(checks.Ping, func(d *checks.Definition) { d.IP, d.RunInterval = ptr("1.1.1.1"), 5 }))
	interval, err := b.svc.Interval(b.ctx, pk, false)
	require.NoError(t, err)
	require.Equal(t, 15+7, interval)
	interval, err = b.svc.Interval(b.ctx, pk, true)
	require.NoError(t, err)
	require.Equal(t, 15, interval)

	due, err := b.svc.Runnable(b.ctx, pk, false)
	require.NoError(t, err)
	require.Len(t, due, 2)
	require.Equal(t, int64(script), due[0].ID)
	require.Equal(t, "echo hello", due[0].Script.Code)
	require.True(t, due[0].Script.RunAsUser)
	require.Equal(t, []string{"'host-001'", "plain"}, due[0].ScriptArgs)
	require.Equal(t, []string{"K=host-001"}, due[0].EnvVars)
	require.Nil(t, due[1].Script)

	b.report(t, pk, agent, `{"id":%d,"retcode":0,"runtime":1}`, script, time.Now())
	b.report(t, pk, agent, `{"id":%d,"status":"passing","output":""}`, ping, time.Now().Add(-time.Minute))
	due, err = b.svc.Runnable(b.ctx, pk, false)
	require.NoError(t, err)
	require.Len(t, due, 1)
	require.Equal(t, int64(ping), due[0].ID)
	due, err = b.svc.Runnable(b.ctx, pk, true)
	require.NoError(t, err)
	require.Len(t, due, 2)

	_, err = b.svc.Interval(b.ctx, 99999, false)
	require.Equal(t, fault.KindNotFound, fault.KindOf(err))
	b.exec(t, `UPDATE agents SET check_interval = 0 WHERE id = $1`, pk)
	b.exec(t, `DELETE FROM checks`)
	interval, err = b.svc.Interval(b.ctx, pk, true)
	require.NoError(t, err)
	require.Equal(t, 1, interval)
}

func TestRunNow(t *testing.T) {
	t.Parallel()
	b := setup(t)
	_, agent := b.agent(t, b.sites[0], "linux")
	_, second := b.agent(t, b.sites[0], "linux")
	_, foreign := b.agent(t, b.sites[1], "linux")
	host, err := b.svc.Run(b.ctx, b.limited(), agent)
	require.NoError(t, err)
	require.Equal(t, "host-001", host)
	b.agents.reply = "busy"
	_, err = b.svc.Run(b.ctx, b.limited(), agent)
	require.ErrorContains(t, err, "Checks are already running on host-001")
	b.agents.err = errors.New("away")
	_, err = b.svc.Run(b.ctx, b.limited(), agent)
	require.ErrorContains(t, err, "Unable to contact the agent")
	_, err = b.svc.Run(b.ctx, b.limited(), foreign)
	require.Equal(t, fault.KindForbidden, fault.KindOf(err))

	b.agents.err = nil
	n, err := b.svc.RunOn(b.ctx, b.limited(), checks.TargetClient, b.clients[0])
	require.NoError(t, err)
	require.Equal(t, 2, n)
	require.Equal(t, []string{agent, second}, b.agents.told)
	_, err = b.svc.RunOn(b.ctx, b.limited(), checks.TargetSite, b.sites[1])
	require.Equal(t, fault.KindForbidden, fault.KindOf(err))
	_, err = b.svc.RunOn(b.ctx, b.admin(), "planet", 1)
	require.Equal(t, fault.KindForbidden, fault.KindOf(err))
	_, err = b.svc.RunOn(b.ctx, b.admin(), checks.TargetSite, 99999)
	require.ErrorContains(t, err, "No agents matched query")
	_, err = b.svc.RunOn(b.ctx, b.limited(), checks.TargetSite, 99999)
	require.Equal(t, fault.KindNotFound, fault.KindOf(err))
	b.agents.err = errors.New("away")
	_, err = b.svc.RunOn(b.ctx, b.admin(), checks.TargetSite, b.sites[0])
	require.ErrorContains(t, err, "Unable to connect to NATS")
}

func TestHotQueriesUseIndexes(t *testing.T) {
	t.Parallel()
	pool := dbtest.New(t)
	for name, plan := range map[string]string{
		"due":      dbtest.Explain(t, pool, checks.DueQuery, 1, false),
		"interval": dbtest.Explain(t, pool, checks.IntervalQuery, 1),
		"assigned": dbtest.Explain(t, pool, checks.AssignedQuery, 1, 1),
		"load":     dbtest.Explain(t, pool, checks.LoadQuery, []int32{1}, []int32{1}),
		"history":  dbtest.Explain(t, pool, checks.HistoryQuery, 1, 1, time.Now()),
	} {
		require.NotContains(t, plan, "Seq Scan", name)
		require.Contains(t, plan, "Index", name)
	}
	plan := dbtest.Explain(t, pool, checks.SaveQuery, []int32{1}, []int32{1}, []string{"passing"}, []string{"warning"}, []string{""},
		[]time.Time{time.Now()}, []int32{0}, []string{"{}"}, []string{""}, []string{""}, []int64{0}, []string{""}, []string{"{}"})
	require.Contains(t, plan, "Conflict Arbiter Indexes: check_results_agent_id_assigned_check_id_key")
}
