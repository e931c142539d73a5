package agenthttp

import (
	"context"
	"math/rand/v2"
	"net/http"

	"github.com/gueencode/gueenrmm/proto/agentwire"
	"github.com/gueencode/gueenrmm/services/api/internal/rest"
)

// Ranges are the inclusive ranges, in seconds, from which an agent's check-in intervals are drawn.
type Ranges struct {
	Hello, AgentInfo, WinServices, PublicIP, Disks, Software, WMI, SyncMesh agentwire.Range
}

// withDefaults takes the contract's range where none, or none that makes sense, is given. Agents crash on an interval below
// one second, so that no range ever begins there.
func (r Ranges) withDefaults() Ranges {
	or := func(given *agentwire.Range, def agentwire.Range) {
		if given.Min < 1 || given.Max < given.Min {
			*given = def
		}
	}
	or(&r.Hello, agentwire.RangeHello)
	or(&r.AgentInfo, agentwire.RangeAgentInfo)
	or(&r.WinServices, agentwire.RangeWinServices)
	or(&r.PublicIP, agentwire.RangePublicIP)
	or(&r.Disks, agentwire.RangeDisks)
	or(&r.Software, agentwire.RangeSoftware)
	or(&r.WMI, agentwire.RangeWMI)
	or(&r.SyncMesh, agentwire.RangeSyncMesh)
	return r
}

func draw(r agentwire.Range) int { return r.Min + rand.IntN(r.Max-r.Min+1) } //nolint:gosec // spreads load

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
	out, r := h.Settings.Config, h.Settings.Ranges
	out.Hello, out.AgentInfo, out.WinServices, out.PublicIP = draw(r.Hello), draw(r.AgentInfo), draw(r.WinServices), draw(r.PublicIP)
	out.Disks, out.Software, out.WMI, out.SyncMesh = draw(r.Disks), draw(r.Software), draw(r.WMI), draw(r.SyncMesh)
	return out, nil
}

// DefaultConfig is what agents get besides their intervals when nothing is set (agent-protocol.md §4.4).
func DefaultConfig() agentwire.Config {
	return agentwire.Config{
		InstallNushell: true, InstallNushellVersion: "0.112.2", InstallDeno: true, InstallDenoVersion: "v1.46.3",
		DenoDefaultPermissions: "--allow-all",
	}
}
