package checks_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"github.com/gueencode/gueenrmm/pkg/access"
	"github.com/gueencode/gueenrmm/pkg/checks"
	"github.com/gueencode/gueenrmm/pkg/fault"
)

// report applies one report whose body has a place for the check's id.
func (b *bundle) report(t *testing.T, pk int32, agentID, body string, check int32, at time.Time) checks.Outcome {
	t.Helper()
	return b.apply(t, checks.Incoming{AgentPK: pk, AgentID: agentID, Report: report(t, fmt.Sprintf(body, check)), Received: at})
}

func (b *bundle) apply(t *testing.T, batch ...checks.Incoming) (out checks.Outcome) {
	t.Helper()
	require.NoError(t, pgx.BeginFunc(b.ctx, b.pool, func(tx pgx.Tx) (err error) {
		out, err = b.svc.Apply(b.ctx, tx, batch)
		return err
	}))
	return out
}

func TestApplyStoresStateHistoryAndCounters(t *testing.T) {
	t.Parallel()
	b := setup(t)
	pk, agent := b.agent(t, b.sites[0], "windows")
	cpu := b.create(t, agent, of(checks.CPULoad, func(d *checks.Definition) { d.WarningThreshold, d.ErrorThreshold = ptr[int32](70), ptr[int32](90) }))
	events := b.create(t, agent, of(checks.EventLog, func(d *checks.Definition) { d.FailWhen, d.AlertSeverity = ptr("contains"), ptr(checks.Info) }))
	require.Equal(t, counts{Total: 2, Passing: 2}, b.counts(t, pk))
	now := time.Now().Add(-time.Hour)
	var batch []checks.Incoming
	for i, percent := range []int{50, 100, 100, 100, 100, 100} {
		batch = append(batch, checks.Incoming{AgentPK: pk, AgentID: agent, Received: now.Add(time.Duration(i) * time.Second),
			Report: report(t, fmt.Sprintf(`{"id":%d,"percent":%d}`, cpu, percent))})
	}
	batch = append(batch, checks.Incoming{AgentPK: pk, AgentID: agent, Received: now, Report: report(t, fmt.Sprintf(`{"id":%d,"log":[{"a":"<b>"}]}`, events))})
	out := b.apply(t, batch...)
	require.Empty(t, out.Refused)
	require.Len(t, out.Changes, 7)
	require.Equal(t, checks.Pending, out.Changes[0].Before)
	require.Equal(t, checks.Passing, out.Changes[0].After)
	require.Equal(t, int32(5), out.Changes[5].FailCount)
	require.Equal(t, counts{Total: 2, Failing: 1, Info: 1}, b.counts(t, pk))

	shown, err := b.svc.OfAgent(b.ctx, b.admin(), agent)
	require.NoError(t, err)
	r := shown[0].Result
	require.Equal(t, []int32{50, 100, 100, 100, 100, 100}, r.History)
	require.Equal(t, "Average CPU Load: 91%", *r.MoreInfo)
	require.Equal(t, checks.Error, *r.AlertSeverity)
	require.JSONEq(t, `{"log":[{"a":"<b>"}]}`, string(shown[1].Result.ExtraDetails))
	require.Nil(t, shown[1].Result.AlertSeverity)

	points, err := b.svc.History(b.ctx, b.admin(), r.ID, 7)
	require.NoError(t, err)
	require.Len(t, points, 6)
	require.Equal(t, int32(50), *points[5].Y)
	points, err = b.svc.History(b.ctx, b.admin(), r.ID, 0.01)
	require.NoError(t, err)
	require.Empty(t, points)
	_, err = b.svc.History(b.ctx, b.admin(), 99999, 0)
	require.ErrorContains(t, err, "No CheckResult matches")

	require.NoError(t, b.svc.Reset(b.ctx, b.admin(), r.ID))
	require.Equal(t, counts{Total: 2, Passing: 1, Info: 1}, b.counts(t, pk))
	require.NoError(t, b.svc.ResetAll(b.ctx, b.admin(), agent))
	require.Equal(t, counts{Total: 2, Passing: 2}, b.counts(t, pk))
	shown, err = b.svc.OfAgent(b.ctx, b.admin(), agent)
	require.NoError(t, err)
	require.Equal(t, int32(5), shown[0].Result.FailCount, "a reset leaves the count")
	require.Contains(t, b.alerts.checks, cpu)
}

func TestOlderReportsOnlyAddToTheHistory(t *testing.T) {
	t.Parallel()
	b := setup(t)
	pk, agent := b.agent(t, b.sites[0], "linux")
	ping := b.create(t, agent, of(checks.Ping, func(d *checks.Definition) { d.IP = ptr("1.1.1.1") }))
	now := time.Now()
	b.report(t, pk, agent, `{"id":%d,"status":"passing","output":"new"}`, ping, now)
	out := b.report(t, pk, agent, `{"id":%d,"status":"failing","output":"old"}`, ping, now.Add(-time.Minute))
	require.Empty(t, out.Changes)
	require.Empty(t, out.Refused)
	shown, err := b.svc.OfAgent(b.ctx, b.admin(), agent)
	require.NoError(t, err)
	require.Equal(t, checks.Passing, shown[0].Result.Status)
	points, err := b.svc.History(b.ctx, b.admin(), shown[0].Result.ID, 0)
	require.NoError(t, err)
	require.Len(t, points, 2)
}

func TestReportsForChecksOfOthersAreRefused(t *testing.T) {
	t.Parallel()
	b := setup(t)
	pk, agent := b.agent(t, b.sites[0], "linux")
	other, otherID := b.agent(t, b.sites[0], "linux")
	foreign := b.create(t, otherID, of(checks.Ping, func(d *checks.Definition) { d.IP = ptr("1.1.1.1") }))
	policy := b.policy(t, "p", true, false)
	shared := b.create(t, "", of(checks.Ping, func(d *checks.Definition) { d.Policy, d.IP = &policy, ptr("2.2.2.2") }))
	for _, id := range []int32{foreign, shared, 99999} {
		out := b.report(t, pk, agent, `{"id":%d,"status":"failing","output":""}`, id, time.Now())
		require.ErrorIs(t, out.Refused[0], checks.ErrReport)
		_, err := b.svc.Assigned(b.ctx, pk, id)
		require.Equal(t, fault.KindNotFound, fault.KindOf(err))
	}
	require.Equal(t, counts{Total: 1, Passing: 1}, b.counts(t, other))

	b.exec(t, `UPDATE agents SET policy_id = $1 WHERE id = $2`, policy, pk)
	typ, err := b.svc.Assigned(b.ctx, pk, shared)
	require.NoError(t, err)
	require.Equal(t, checks.Ping, typ)
	out := b.report(t, pk, agent, `{"id":%d,"status":"failing","output":"no"}`, shared, time.Now())
	require.Empty(t, out.Refused)
	require.Equal(t, counts{Total: 1, Warning: 1}, b.counts(t, pk))
	status, err := b.svc.StatusOf(b.ctx, &access.Principal{Kind: access.Session, Super: true, Scope: access.Everything()}, shared)
	require.NoError(t, err)
	require.Len(t, status, 1)
	require.Equal(t, "host-001", status[0].Hostname)

	b.exec(t, `DELETE FROM policies WHERE id = $1`, policy)
	require.Equal(t, counts{}, b.counts(t, pk))
}
