package checks_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gueencode/gueenrmm/pkg/checks"
)

func (b *bundle) policyPing(t *testing.T, policy int32, host string) int32 {
	t.Helper()
	return b.create(t, "", of(checks.Ping, func(d *checks.Definition) { d.Policy, d.IP = &policy, &host }))
}

func (b *bundle) policyDisk(t *testing.T, policy int32, drive string) int32 {
	t.Helper()
	return b.create(t, "", of(checks.DiskSpace, func(d *checks.Definition) {
		d.Policy, d.Disk, d.WarningThreshold = &policy, &drive, ptr[int32](25)
	}))
}

func (b *bundle) overridden(t *testing.T, check int32) (is bool) {
	t.Helper()
	require.NoError(t, b.pool.QueryRow(b.ctx, `SELECT overridden_by_policy FROM checks WHERE id = $1`, check).Scan(&is))
	return is
}

func TestPrecedenceBlockingAndExclusions(t *testing.T) {
	t.Parallel()
	b := setup(t)
	pk, agent := b.agent(t, b.sites[0], "windows")
	near, site, client, global := b.policy(t, "near", true, false), b.policy(t, "site", true, false), b.policy(t, "client", true, false), b.policy(t, "default", true, false)
	b.exec(t, `UPDATE agents SET policy_id = $1 WHERE id = $2`, near, pk)
	b.exec(t, `UPDATE sites SET server_policy_id = $1, workstation_policy_id = NULL WHERE id = $2`, site, b.sites[0])
	b.exec(t, `UPDATE clients SET server_policy_id = $1 WHERE id = $2`, client, b.clients[0])
	b.exec(t, `UPDATE core_settings SET server_policy_id = $1`, global)
	n, s, c, g := b.policyPing(t, near, "1.1.1.1"), b.policyPing(t, site, "2.2.2.2"), b.policyPing(t, client, "3.3.3.3"), b.policyPing(t, global, "4.4.4.4")
	same := b.policyPing(t, global, "1.1.1.1")
	require.Equal(t, []int32{n, s, c, g}, b.effective(t, pk))
	require.Equal(t, counts{Total: 4, Passing: 4}, b.counts(t, pk))

	b.exec(t, `UPDATE clients SET block_policy_inheritance = true WHERE id = $1`, b.clients[0])
	require.Equal(t, []int32{n, s, c}, b.effective(t, pk))
	b.exec(t, `UPDATE sites SET block_policy_inheritance = true WHERE id = $1`, b.sites[0])
	require.Equal(t, []int32{n, s}, b.effective(t, pk))
	b.exec(t, `UPDATE agents SET block_policy_inheritance = true WHERE id = $1`, pk)
	require.Equal(t, []int32{n}, b.effective(t, pk))
	b.exec(t, `UPDATE agents SET block_policy_inheritance = false, policy_id = NULL WHERE id = $1`, pk)
	b.exec(t, `UPDATE sites SET block_policy_inheritance = false`)
	b.exec(t, `UPDATE clients SET block_policy_inheritance = false`)
	require.Equal(t, []int32{s, c, g, same}, b.effective(t, pk))

	for table, column := range map[string]string{"policy_excluded_agents": "agent_id", "policy_excluded_sites": "site_id", "policy_excluded_clients": "client_id"} {
		owner := map[string]int32{"agent_id": pk, "site_id": b.sites[0], "client_id": b.clients[0]}[column]
		b.exec(t, `INSERT INTO `+table+` (policy_id, `+column+`) VALUES ($1, $2)`, site, owner)
		require.Equal(t, []int32{c, g, same}, b.effective(t, pk), table)
		b.exec(t, `DELETE FROM `+table)
		require.Equal(t, []int32{s, c, g, same}, b.effective(t, pk), table)
	}
	b.exec(t, `UPDATE policies SET active = false WHERE id = $1`, client)
	require.Equal(t, []int32{s, g, same}, b.effective(t, pk))
	b.exec(t, `UPDATE agents SET monitoring_type = 'workstation' WHERE id = $1`, pk)
	require.Empty(t, b.effective(t, pk))
	b.exec(t, `UPDATE agents SET monitoring_type = 'server', site_id = $1 WHERE id = $2`, b.sites[1], pk)
	require.Equal(t, []int32{g, same}, b.effective(t, pk))
	shown, err := b.svc.OfAgent(b.ctx, b.admin(), agent)
	require.NoError(t, err)
	require.Len(t, shown, 2)
}

func TestEnforcedOwnAndOtherChecks(t *testing.T) {
	t.Parallel()
	b := setup(t)
	pk, agent := b.agent(t, b.sites[0], "windows")
	enforced, plain := b.policy(t, "enforced", true, true), b.policy(t, "plain", true, false)
	b.exec(t, `UPDATE agents SET policy_id = $1 WHERE id = $2`, plain, pk)
	b.exec(t, `UPDATE core_settings SET server_policy_id = $1`, enforced)
	own := b.create(t, agent, of(checks.DiskSpace, func(d *checks.Definition) { d.Disk, d.WarningThreshold = ptr("C:"), ptr[int32](20) }))
	lone := b.create(t, agent, of(checks.DiskSpace, func(d *checks.Definition) { d.Disk, d.WarningThreshold = ptr("X:"), ptr[int32](20) }))
	twin := b.create(t, agent, of(checks.DiskSpace, func(d *checks.Definition) { d.Disk, d.WarningThreshold = ptr("D:"), ptr[int32](20) }))
	loser := b.policyDisk(t, plain, "D:")
	require.Empty(t, b.effective(t, pk), "an own check beats a policy that is not enforced")
	winner := b.policyDisk(t, enforced, "C:")
	require.Equal(t, []int32{winner}, b.effective(t, pk))
	require.True(t, b.overridden(t, own))
	require.False(t, b.overridden(t, lone))
	require.False(t, b.overridden(t, twin))
	require.Equal(t, counts{Total: 3, Passing: 3}, b.counts(t, pk))
	due, err := b.svc.Runnable(b.ctx, pk, true)
	require.NoError(t, err)
	require.Len(t, due, 3)

	_, err = b.svc.Edit(b.ctx, b.admin(), winner, func(d *checks.Definition) error { d.Disk = ptr("E:"); return nil })
	require.NoError(t, err)
	require.False(t, b.overridden(t, own))
	_, err = b.svc.Delete(b.ctx, b.admin(), twin)
	require.NoError(t, err)
	require.Equal(t, []int32{loser, winner}, b.effective(t, pk))

	b.exec(t, `UPDATE agents SET plat = 'linux' WHERE id = $1`, pk)
	require.Empty(t, b.effective(t, pk), "disk checks of policies are for Windows")
	require.Equal(t, 2, b.counts(t, pk).Total)
}

func TestScriptPlatformsGatePolicyChecks(t *testing.T) {
	t.Parallel()
	b := setup(t)
	pk, _ := b.agent(t, b.sites[0], "linux")
	policy := b.policy(t, "p", true, false)
	b.exec(t, `UPDATE agents SET policy_id = $1`, policy)
	b.exec(t, `INSERT INTO scripts (id, name, supported_platforms) VALUES (60, 's', '{windows}')`)
	check := b.create(t, "", of(checks.Script, func(d *checks.Definition) { d.Policy, d.Script = &policy, ptr[int32](60) }))
	require.Empty(t, b.effective(t, pk))
	b.exec(t, `UPDATE scripts SET supported_platforms = '{windows,linux}' WHERE id = 60`)
	require.Equal(t, []int32{check}, b.effective(t, pk))
	b.exec(t, `DELETE FROM scripts WHERE id = 60`)
	require.Empty(t, b.effective(t, pk))
}
