package agenthttp

import (
	"context"
	"net/http"

	"github.com/gueencode/gueenrmm/proto/agentwire"
	"github.com/gueencode/gueenrmm/services/api/internal/rest"
)

// completeRanges takes the contract's range where none, or none that makes sense, is given. Agents crash on an interval
// below one second, so that no range ever begins there.
func completeRanges(r agentwire.Ranges) agentwire.Ranges {
	or := func(given *agentwire.Range, def agentwire.Range) {
		if given.Min < 1 || given.Max < given.Min {
			*given = def
		}
	}
	def := agentwire.DefaultRanges()
	or(&r.Hello, def.Hello)
	or(&r.AgentInfo, def.AgentInfo)
	or(&r.WinServices, def.WinServices)
	or(&r.PublicIP, def.PublicIP)
	or(&r.Disks, def.Disks)
	or(&r.Software, def.Software)
	or(&r.WMI, def.WMI)
	or(&r.SyncMesh, def.SyncMesh)
	return r
}

func (h *handlers) registerConfig(r *rest.Router) {
	rest.Handle(r, agentOp(rest.Operation{
		Method: http.MethodGet, Path: "/api/v3/{agent_id}/config/", ID: "getAgentConfig", Summary: "Read the agent's check-in intervals and runtimes",
		Description: "The intervals are drawn anew for each request. It needs no database: an agent that gets no good answer here crashes.",
	}), h.config)
}

func (h *handlers) config(_ context.Context, c *rest.Call, in *agentPath) (agentwire.Config, error) {
	if err := h.own(c.Principal, string(in.AgentID)); err != nil {
		return agentwire.Config{}, err
	}
	return h.Settings.Ranges.Draw(h.Settings.Config), nil
}

// DefaultConfig is what agents get besides their intervals when nothing is set (agent-protocol.md §4.4).
func DefaultConfig() agentwire.Config {
	return agentwire.Config{
		InstallNushell: true, InstallNushellVersion: "0.112.2", InstallDeno: true, InstallDenoVersion: "v1.46.3",
		DenoDefaultPermissions: "--allow-all",
	}
}
