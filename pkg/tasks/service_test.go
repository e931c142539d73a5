package tasks_test

import (
	"context"
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"
	"go.uber.org/zap"

	"github.com/gueencode/gueenrmm/pkg/access"
	"github.com/gueencode/gueenrmm/pkg/agents"
	"github.com/gueencode/gueenrmm/pkg/audit"
	"github.com/gueencode/gueenrmm/pkg/fault"
	"github.com/gueencode/gueenrmm/pkg/platform/bus"
	"github.com/gueencode/gueenrmm/pkg/platform/dbtest"
	"github.com/gueencode/gueenrmm/pkg/platform/queue"
	"github.com/gueencode/gueenrmm/pkg/scripts"
	"github.com/gueencode/gueenrmm/pkg/tasks"
	"github.com/gueencode/gueenrmm/proto/agentwire"
)

type silent struct{}

func (silent) PublishFacts(...bus.Fact) error { return nil }

func TestTasksOfAgentsAndPolicies(t *testing.T) {
	t.Parallel()
	ctx, pool := t.Context(), dbtest.New(t)
	log := audit.New(0)
	fleet := agents.New(agents.Deps{Pool: pool, Audit: log, Facts: silent{}, Log: zap.NewNop()})
	svc := tasks.NewService(tasks.Deps{Pool: pool, Audit: log, Agents: fleet, Scripts: scripts.NewService(pool, log), Variables: fleet})
	admin := &access.Principal{Kind: access.Session, Username: "admin", Super: true, Scope: access.Everything()}
	ids := map[string]int32{}
	insert := func(name, sql string, args ...any) {
		var id int32
		require.NoError(t, pool.QueryRow(ctx, sql+` RETURNING id`, args...).Scan(&id), sql)
		ids[name] = id
	}
	insert("client", `INSERT INTO clients (name) VALUES ('c')`)
	insert("site", `INSERT INTO sites (client_id, name) VALUES ($1, 's')`, ids["client"])
	insert("policy", `INSERT INTO policies (name, active) VALUES ('p', true)`)
	for _, plat := range []string{"windows", "linux"} {
		insert(plat, `INSERT INTO agents (agent_id, hostname, plat, site_id, policy_id) VALUES ($1, $1, $2, $3, $4)`,
			fmt.Sprintf("agent-with-a-long-identifier-%s", plat), plat, ids["site"], ids["policy"])
	}
	windows, linux := "agent-with-a-long-identifier-windows", "agent-with-a-long-identifier-linux"
	own, shared := tasks.New(), tasks.New()
	own.Name, shared.Name = "own", "shared"
	policy := ids["policy"]
	shared.Policy = &policy
	require.NoError(t, svc.Create(ctx, admin, linux, own))
	require.NoError(t, svc.Create(ctx, admin, "", shared))
	own.WinTaskName = tasks.New().WinTaskName

	shown, err := svc.OfAgent(ctx, admin, linux)
	require.NoError(t, err)
	require.Len(t, shown, 1)
	require.Equal(t, tasks.Synced, shown[0].Result.SyncStatus, "POSIX devices have nothing to synchronise")
	shown, err = svc.OfAgent(ctx, admin, windows)
	require.NoError(t, err)
	require.Len(t, shown, 1)
	require.Equal(t, "shared", shown[0].Name)
	policyTask := shown[0].ID
	require.NoError(t, svc.MayReport(ctx, ids["windows"], policyTask))
	require.ErrorIs(t, svc.MayReport(ctx, ids["linux"], policyTask), tasks.ErrNotAssigned)
	require.Equal(t, fault.KindNotFound, fault.KindOf(svc.MayReport(ctx, ids["linux"], 99999)))
	all, err := svc.List(ctx, &access.Principal{})
	require.NoError(t, err)
	require.Len(t, all, 1, "policy tasks have no scope")
	ofPolicy, err := svc.OfPolicy(ctx, policy)
	require.NoError(t, err)
	require.Len(t, ofPolicy, 1)
	_, err = svc.OfPolicy(ctx, 99999)
	require.Equal(t, fault.KindNotFound, fault.KindOf(err))

	duplicate := tasks.New()
	duplicate.Name, duplicate.WinTaskName = "d", shared.WinTaskName
	require.Equal(t, fault.KindInvalid, fault.KindOf(svc.Create(ctx, admin, linux, duplicate)))
	for typ, field := range map[tasks.Type]string{tasks.Daily: "run_time_date", tasks.CheckFailure: fault.NonField} {
		d := tasks.New()
		d.TaskType = typ
		var refusal *fault.Error
		require.ErrorAs(t, svc.Create(ctx, admin, linux, d), &refusal)
		require.Contains(t, refusal.Fields, field)
	}
	expired := tasks.New()
	expired.ExpireDate = ptr(time.Now().Add(-time.Hour))
	require.Equal(t, fault.KindInvalid, fault.KindOf(svc.Create(ctx, admin, linux, expired)))
	boarding := tasks.New()
	boarding.TaskType = tasks.Onboarding
	require.ErrorContains(t, svc.Create(ctx, admin, linux, boarding), "Onboarding tasks require agent >= 2.6.0")

	now := time.Now()
	report := func(code int) *tasks.Report {
		r, err := tasks.DecodeReport([]byte(fmt.Sprintf(`{"retcode":%d,"execution_time":1}`, code)))
		require.NoError(t, err)
		return r
	}
	require.NoError(t, pgx.BeginFunc(ctx, pool, func(tx pgx.Tx) error {
		out, err := svc.Apply(ctx, tx, []tasks.Incoming{
			{AgentPK: ids["windows"], AgentID: windows, TaskID: policyTask, Report: report(0), Received: now},
			{AgentPK: ids["windows"], AgentID: windows, TaskID: policyTask, Report: report(1), Received: now.Add(-time.Minute)},
			{AgentPK: ids["windows"], AgentID: windows, TaskID: 99999, Report: report(0), Received: now},
		})
		require.Len(t, out.Runs, 2)
		require.Len(t, out.Refused, 1)
		return err
	}))
	shown, err = svc.OfAgent(ctx, admin, windows)
	require.NoError(t, err)
	require.Equal(t, tasks.Passing, shown[0].Result.Status, "the older result adds to the history only")
}

type recorder struct{ sent []agentwire.Command }

func (r *recorder) Publish(_ context.Context, _ string, cmd agentwire.Command) error {
	r.sent = append(r.sent, cmd)
	return nil
}

func TestRunHandler(t *testing.T) {
	t.Parallel()
	messages := tasks.RunMessages([]tasks.Assigned{{AgentID: "a", TaskID: 5}})
	payload, err := json.Marshal(messages[0].Payload)
	require.NoError(t, err)
	var r recorder
	require.NoError(t, tasks.RunHandler(&r).Do(t.Context(), queue.Task{Payload: payload}))
	require.Equal(t, []agentwire.Command{{Func: agentwire.FuncRunTask, TaskPK: 5}}, r.sent)
	require.Error(t, tasks.RunHandler(&r).Do(t.Context(), queue.Task{Payload: []byte("{")}))
}
