package tasks

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/gueencode/gueenrmm/pkg/outbox"
	"github.com/gueencode/gueenrmm/pkg/platform/queue"
	"github.com/gueencode/gueenrmm/proto/agentwire"
)

// KindRun tells an agent to run a task. Retries are for a bus that is away; an agent that is away misses the message, as
// the contract says.
func KindRun() queue.Kind {
	return queue.Kind{Name: "tasks.run", Summary: "Tell an agent to run a task", Timeout: 30 * time.Second, MaxRetry: 5}
}

// runJob names the task and the agent.
type runJob struct {
	AgentID string `json:"agent_id"`
	TaskID  int32  `json:"task_id"`
}

// RunMessages are what an outbox takes to start tasks.
func RunMessages(started []Assigned) []outbox.Message {
	out := make([]outbox.Message, len(started))
	for i, s := range started {
		out[i] = outbox.Message{Kind: KindRun().Name, Queue: queue.Default, Payload: runJob(s)}
	}
	return out
}

// Commander sends commands to agents without waiting.
type Commander interface {
	Publish(ctx context.Context, agentID string, cmd agentwire.Command) error
}

// RunHandler does the jobs of KindRun.
func RunHandler(c Commander) queue.Handler {
	return queue.Handler{Kind: KindRun(), Do: func(ctx context.Context, t queue.Task) error {
		var job runJob
		if err := json.Unmarshal(t.Payload, &job); err != nil {
			return queue.Permanent(fmt.Errorf("decode payload of %s: %w", t.Kind, err))
		}
		return c.Publish(ctx, job.AgentID, agentwire.Command{Func: agentwire.FuncRunTask, TaskPK: int(job.TaskID)})
	}}
}
