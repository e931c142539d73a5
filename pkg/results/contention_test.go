package results_test

import (
	"fmt"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gueencode/gueenrmm/pkg/access"
	"github.com/gueencode/gueenrmm/pkg/checks"
	"github.com/gueencode/gueenrmm/pkg/results"
)

// TestResultsAndAdministratorsDoNotBlockEachOther lets results arrive while their checks are edited and deleted, policies
// change and agents go: nobody may see a deadlock, and the counters must be right in the end.
func TestResultsAndAdministratorsDoNotBlockEachOther(t *testing.T) {
	t.Parallel()
	b := setup(t)
	admin := &access.Principal{Kind: access.Session, Username: "admin", Super: true, Scope: access.Everything()}
	ctx := access.With(b.ctx, admin)
	var policy int32
	require.NoError(t, b.pool.QueryRow(ctx, `INSERT INTO policies (name, active) VALUES ('p', true) RETURNING id`).Scan(&policy))
	const agents, rounds = 8, 30
	var ids []string
	var pks []int32
	for i := range agents {
		pk, id := b.agent(t, i)
		ids, pks = append(ids, id), append(pks, pk)
	}
	b.exec(t, `UPDATE agents SET policy_id = $1`, policy)
	for range 2 {
		b.start(t, b.consumer(t, b.open(t), b.handlers()))
	}
	fail := make(chan error, 10_000)
	check := func(err error) {
		if err != nil {
			fail <- err
		}
	}
	ping := func(agentID string) checks.Definition {
		d := checks.New(checks.Ping)
		host := "10.0.0.1"
		d.IP = &host
		if agentID == "" {
			d.Policy = &policy
		}
		return d
	}
	var mu sync.Mutex
	var known []int32
	var wg sync.WaitGroup
	for i := range agents {
		wg.Go(func() { // an administrator of one agent
			for n := range rounds {
				_, err := b.checks.Create(ctx, admin, ids[i], ping(ids[i]))
				check(err)
				var id int32
				check(b.pool.QueryRow(ctx, `SELECT max(id) FROM checks WHERE agent_id = $1`, pks[i]).Scan(&id))
				mu.Lock()
				known = append(known, id)
				mu.Unlock()
				_, err = b.checks.Edit(ctx, admin, id, func(d *checks.Definition) error {
					host, sev := fmt.Sprintf("10.0.0.%d", n), checks.Error
					d.IP, d.AlertSeverity = &host, &sev
					return nil
				})
				check(err)
				if n%3 == 0 {
					_, err = b.checks.Delete(ctx, admin, id)
					check(err)
				}
			}
		})
		wg.Go(func() { // the agent itself
			for n := range 4 * rounds {
				mu.Lock()
				id := int32(1)
				if len(known) > 0 {
					id = known[(n*7)%len(known)]
				}
				mu.Unlock()
				body := fmt.Sprintf(`{"id":%d,"status":%q,"output":""}`, id, []string{"failing", "passing"}[n%2])
				check(b.publisher.Publish(ctx, results.Result{Kind: results.KindCheck, AgentID: ids[i], Body: []byte(body)}))
			}
		})
	}
	wg.Go(func() { // an administrator of the policy
		for n := range rounds {
			_, err := b.checks.Create(ctx, admin, "", ping(""))
			check(err)
			_, err = b.pool.Exec(ctx, `UPDATE policies SET active = $2 WHERE id = $1`, policy, n%2 == 0)
			check(err)
		}
	})
	wg.Wait()
	close(fail)
	for err := range fail {
		require.NoError(t, err)
	}
	b.empty(t)
	before := b.number(t, `SELECT sum(total * 1000000 + passing * 1000 + failing) FROM agent_check_counts`)
	b.exec(t, `SELECT refresh_agent_checks((SELECT array_agg(id) FROM agents))`)
	require.Equal(t, before, b.number(t, `SELECT sum(total * 1000000 + passing * 1000 + failing) FROM agent_check_counts`),
		"the counters were right without being counted again")
	require.Equal(t, 0, b.number(t, `SELECT count(*) FROM parked_results`))
}
