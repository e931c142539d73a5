package tasks

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5"
	"golang.org/x/sync/errgroup"

	"github.com/gueencode/gueenrmm/pkg/remote"
	"github.com/gueencode/gueenrmm/proto/agentwire"
)

// Limits of the removal of orphans (domain.md §5.4).
const (
	orphanPage   = 200 // agents looked at in one query
	orphanAsk    = 32  // agents asked at the same time
	orphanList   = 5 * time.Second
	orphanDelete = 10 * time.Second
)

// rebootPrefix begins the names of scheduled reboots, which no task row stands for.
const rebootPrefix = namePrefix + "SchedReboot"

// Asker asks agents and waits for their answer.
type Asker interface {
	Request(ctx context.Context, agentID string, cmd agentwire.Command, wait time.Duration) (remote.Reply, error)
}

// machine is what a machine's scheduler may hold: the names of its own tasks and of the policy tasks that apply to it.
type machine struct {
	PK      int32    `db:"id"`
	AgentID string   `db:"agent_id"`
	Names   []string `db:"names"`
}

// Reads agents and presence of their context; the effective policies come from the schema's function.
const listSchedules = `
WITH page AS (
	SELECT a.id, a.agent_id FROM agents a JOIN agent_presence p ON p.agent_id = a.id AND p.connected
	WHERE a.plat = 'windows' AND NOT a.disabled AND a.id > $1 ORDER BY a.id LIMIT $2
), names AS (
	SELECT t.agent_id, t.win_task_name FROM tasks t WHERE t.agent_id IN (SELECT id FROM page)
	UNION ALL
	SELECT e.agent_id, t.win_task_name FROM agents_effective_policies((SELECT array_agg(id) FROM page)) e
	JOIN tasks t ON t.policy_id = e.policy_id AND 'windows' = ANY (t.task_supported_platforms)
)
SELECT page.id, page.agent_id, coalesce(array_agg(n.win_task_name) FILTER (WHERE n.win_task_name IS NOT NULL), '{}') AS names
FROM page LEFT JOIN names n ON n.agent_id = page.id GROUP BY page.id, page.agent_id ORDER BY page.id`

// RemoveOrphans deletes what is left of deleted and detached tasks from the schedulers of connected Windows machines
// (domain.md §5.4). It returns how many tasks it deleted and reports that number after each page of machines.
func RemoveOrphans(ctx context.Context, db DB, agents Asker, progress func(ctx context.Context, deleted int64) error) (int64, error) {
	var (
		last    int32
		deleted atomic.Int64
	)
	for {
		rows, err := db.Query(ctx, listSchedules, last, orphanPage)
		if err != nil {
			return deleted.Load(), fmt.Errorf("list scheduled tasks: %w", err)
		}
		page, err := pgx.CollectRows(rows, pgx.RowToStructByName[machine])
		if err != nil {
			return deleted.Load(), fmt.Errorf("list scheduled tasks: %w", err)
		}
		if len(page) == 0 {
			return deleted.Load(), nil
		}
		last = page[len(page)-1].PK
		group, asking := errgroup.WithContext(ctx)
		group.SetLimit(orphanAsk)
		for _, s := range page {
			group.Go(func() error {
				n, err := s.clean(asking, agents)
				deleted.Add(n)
				return err
			})
		}
		if err := group.Wait(); err != nil {
			return deleted.Load(), err
		}
		if err := progress(ctx, deleted.Load()); err != nil {
			return deleted.Load(), err
		}
	}
}

// clean deletes what the machine has too much. A machine that does not answer is left for the next time.
func (s machine) clean(ctx context.Context, agents Asker) (deleted int64, err error) {
	reply, err := agents.Request(ctx, s.AgentID, agentwire.Command{Func: agentwire.FuncListSchedTasks}, orphanList)
	if err != nil {
		return 0, unlessAway("list tasks of agent", err)
	}
	found, err := agentwire.DecodeTexts(reply.Bytes())
	if err != nil {
		return 0, nil //nolint:nilerr // an error text of the machine's scheduler instead of a list
	}
	for _, name := range found {
		if !strings.HasPrefix(name, namePrefix) || strings.HasPrefix(name, rebootPrefix) || slices.Contains(s.Names, name) {
			continue
		}
		cmd := agentwire.Command{Func: agentwire.FuncDelSchedTask, SchedTask: &agentwire.SchedTask{Name: name}}
		if _, err := agents.Request(ctx, s.AgentID, cmd, orphanDelete); err != nil {
			return deleted, unlessAway("delete task of agent", err)
		}
		deleted++
	}
	return deleted, nil
}

func unlessAway(operation string, err error) error {
	if errors.Is(err, remote.ErrOffline) || errors.Is(err, remote.ErrTimeout) {
		return nil
	}
	return fmt.Errorf("%s: %w", operation, err)
}
