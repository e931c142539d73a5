package rest

import (
	"context"
	"fmt"
	"net/http"

	"github.com/gueencode/gueenrmm/proto/agentwire"
)

// Paths of results; they are put into the spool together with their bodies.
const CheckResultPath = "/api/v3/checkrunner/"

// TaskResultPath is where the result of a task goes.
func TaskResultPath(taskPK int, agentID string) string {
	return fmt.Sprintf("/api/v3/%d/%s/taskrunner/", taskPK, agentID)
}

// HistoryResultPath is where the result of a command goes.
func HistoryResultPath(historyID int, agentID string) string {
	return fmt.Sprintf("/api/v3/%d/%s/histresult/", historyID, agentID)
}

// ChocoResultPath is where the result of a package installation goes.
func ChocoResultPath(agentID string, actionPK int) string {
	return fmt.Sprintf("/api/v4/%s/%d/chocoresult/", agentID, actionPK)
}

// Agent is the part of the interface an enrolled agent reads from.
type Agent struct {
	*Client
	ID string
}

// Config fetches the check-in intervals.
func (a Agent) Config(ctx context.Context) (cfg agentwire.Config, err error) {
	return cfg, a.Get(ctx, "/api/v3/"+a.ID+"/config/", &cfg)
}

// CheckInterval fetches the seconds to the next check run.
func (a Agent) CheckInterval(ctx context.Context) (iv agentwire.CheckInterval, err error) {
	return iv, a.Get(ctx, "/api/v3/"+a.ID+"/checkinterval/", &iv)
}

// DueChecks fetches the checks that are due.
func (a Agent) DueChecks(ctx context.Context) (run agentwire.CheckRun, err error) {
	return run, a.Get(ctx, "/api/v3/"+a.ID+"/checkrunner/", &run)
}

// AllChecks fetches every check.
func (a Agent) AllChecks(ctx context.Context) (run agentwire.CheckRun, err error) {
	return run, a.Get(ctx, "/api/v3/"+a.ID+"/runchecks/", &run)
}

// Task fetches a task.
func (a Agent) Task(ctx context.Context, pk int) (task agentwire.TaskRun, err error) {
	return task, a.Get(ctx, fmt.Sprintf("/api/v3/%d/%s/taskrunner/", pk, a.ID), &task)
}

// SyncMesh reports the node id of the remote-desktop agent.
func (a Agent) SyncMesh(ctx context.Context, nodeID string) error {
	return a.Post(ctx, "/api/v3/syncmesh/", agentwire.SyncMesh{Func: "syncmesh", AgentID: a.ID, NodeID: nodeID}, nil)
}

// Deliver sends a spooled result.
func (a Agent) Deliver(ctx context.Context, method, path string, body []byte, resultID string) error {
	return a.Do(ctx, method, path, body, resultID, nil)
}

// Installer is the part of the interface used before there is an agent (agent-protocol.md §4.3).
type Installer struct{ *Client }

// CheckToken asks whether the installer token is accepted.
func (i Installer) CheckToken(ctx context.Context) error {
	return i.Do(ctx, http.MethodGet, "/api/v3/installer/", nil, "", nil)
}

// CheckVersion asks whether the server takes agents of this version.
func (i Installer) CheckVersion(ctx context.Context, version string) error {
	return i.Post(ctx, "/api/v3/installer/", agentwire.InstallerCheck{Version: version}, nil)
}

// Register creates the agent on the server.
func (i Installer) Register(ctx context.Context, req agentwire.NewAgentRequest) (resp agentwire.NewAgentResponse, err error) {
	return resp, i.Post(ctx, "/api/v3/newagent/", req, &resp)
}
