package agenthttp

import (
	"context"
	"errors"
	"net/http"
	"strconv"

	"github.com/gueencode/gueenrmm/pkg/fault"
	"github.com/gueencode/gueenrmm/pkg/results"
	"github.com/gueencode/gueenrmm/pkg/tasks"
	"github.com/gueencode/gueenrmm/services/api/internal/rest"
)

func (h *handlers) registerTasks(r *rest.Router) {
	const path = "/api/v3/{task_pk}/{agent_id}/taskrunner/"
	rest.Handle(r, agentOp(rest.Operation{
		Method: http.MethodGet, Path: path, ID: "getTaskRun", Summary: "Read a task to run",
		Errors: []int{http.StatusBadRequest, http.StatusNotFound},
	}), h.taskRun)
	rest.Handle(r, agentOp(rest.Operation{
		Method: http.MethodPatch, Path: path, ID: "reportTask", Summary: "Report the result of a task", MaxBody: maxRequest, Frequent: true,
		Errors: []int{http.StatusBadRequest, http.StatusNotFound, http.StatusTooManyRequests, http.StatusServiceUnavailable},
	}), h.reportTask)
}

type taskPath struct {
	TaskPK  int32        `path:"task_pk"`
	AgentID rest.AgentID `path:"agent_id"`
}

// ofOther answers for a task that is not the caller's: 400 with an empty text.
func ofOther(err error) error {
	if errors.Is(err, tasks.ErrNotAssigned) {
		return fault.Refused("")
	}
	return err
}

func (h *handlers) taskRun(ctx context.Context, c *rest.Call, in *taskPath) (*tasks.AgentRun, error) {
	if err := h.own(c.Principal, string(in.AgentID)); err != nil {
		return nil, err
	}
	run, err := h.Tasks.Runnable(ctx, c.Principal.AgentPK, in.TaskPK)
	return run, ofOther(err)
}

func (h *handlers) reportTask(ctx context.Context, c *rest.Call, in *taskPath) (string, error) {
	if err := h.own(c.Principal, string(in.AgentID)); err != nil {
		return "", err
	}
	got, err := h.input(ctx, c)
	if err != nil {
		return "", err
	}
	defer got.pass.leave()
	body := got.body
	if got.members != nil {
		if body, err = truncate(got.members); err != nil {
			return "", refused()
		}
	}
	if err := h.unlessAway(c, ofOther(h.Tasks.MayReport(ctx, c.Principal.AgentPK, in.TaskPK))); err != nil {
		return "", err
	}
	if _, err := tasks.DecodeReport(body); err != nil {
		return "", refused()
	}
	return h.store(ctx, c, results.Result{Kind: results.KindTask, Ref: strconv.Itoa(int(in.TaskPK)), Body: body})
}
