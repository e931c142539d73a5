package tasks_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/vmihailenco/msgpack/v5"

	"github.com/gueencode/gueenrmm/pkg/platform/dbtest"
	"github.com/gueencode/gueenrmm/pkg/remote"
	"github.com/gueencode/gueenrmm/pkg/tasks"
	"github.com/gueencode/gueenrmm/proto/agentwire"
)

// machines answer for a fleet and note what is deleted on them.
type machines struct {
	mu      sync.Mutex
	has     map[string]any
	deleted []string
	broken  error
}

func (m *machines) Request(_ context.Context, agentID string, cmd agentwire.Command, _ time.Duration) (remote.Reply, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.broken != nil {
		return remote.Reply{}, m.broken
	}
	answer := any("ok")
	if cmd.Func == agentwire.FuncListSchedTasks {
		known, connected := m.has[agentID]
		if !connected {
			return remote.Reply{}, remote.ErrTimeout
		}
		answer = known
	} else {
		m.deleted = append(m.deleted, agentID+" "+cmd.SchedTask.Name)
	}
	raw, err := msgpack.Marshal(answer)
	return remote.NewReply(raw), err
}

func TestRemoveOrphans(t *testing.T) {
	t.Parallel()
	ctx, pool := t.Context(), dbtest.New(t)
	_, err := pool.Exec(ctx, `INSERT INTO clients (id, name) VALUES (1, 'c');
		INSERT INTO policies (id, name, active) VALUES (1, 'p', true);
		INSERT INTO sites (id, client_id, name) VALUES (1, 1, 's');
		INSERT INTO agents (id, agent_id, hostname, plat, site_id, policy_id) VALUES
			(1, 'one', 'one', 'windows', 1, 1), (2, 'two', 'two', 'windows', 1, NULL), (3, 'lin', 'lin', 'linux', 1, 1),
			(4, 'off', 'off', 'windows', 1, 1), (5, 'mute', 'mute', 'windows', 1, 1), (6, 'text', 'text', 'windows', 1, 1);
		UPDATE agent_presence SET connected = agent_id <> 4;
		INSERT INTO tasks (id, agent_id, name, win_task_name) VALUES (1, 1, 'own', 'TacticalRMM_own');
		INSERT INTO tasks (id, policy_id, name, win_task_name) VALUES (2, 1, 'shared', 'TacticalRMM_shared')`)
	require.NoError(t, err)
	all := []string{"TacticalRMM_own", "TacticalRMM_shared", "TacticalRMM_gone", "TacticalRMM_SchedReboot_x", "GoogleUpdate"}
	m := &machines{has: map[string]any{"one": all, "two": all, "lin": all, "off": all, "text": "access denied"}}
	var progress []int64
	note := func(_ context.Context, n int64) error {
		progress = append(progress, n)
		return nil
	}
	n, err := tasks.RemoveOrphans(ctx, pool, m, note)
	require.NoError(t, err)
	require.ElementsMatch(t, []string{"one TacticalRMM_gone", "two TacticalRMM_own", "two TacticalRMM_shared", "two TacticalRMM_gone"}, m.deleted)
	require.Equal(t, int64(4), n)
	require.Equal(t, []int64{4}, progress)

	m.broken = fmt.Errorf("ask: %w", errors.New("bus is down"))
	_, err = tasks.RemoveOrphans(ctx, pool, m, note)
	require.ErrorContains(t, err, "bus is down")
}
