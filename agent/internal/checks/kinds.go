package checks

import (
	"context"
	"fmt"
	"time"

	"go.uber.org/zap"

	"github.com/gueencode/gueenrmm/agent/internal/inventory"
	"github.com/gueencode/gueenrmm/agent/internal/script"
	"github.com/gueencode/gueenrmm/proto/agentwire"
)

// result runs one check and returns the body to post, or nil for a type this agent does not know.
func (l *Loop) result(ctx context.Context, c agentwire.Check) any {
	switch c.CheckType {
	case agentwire.CheckDiskSpace:
		return l.diskSpace(ctx, c)
	case agentwire.CheckCPULoad:
		return l.percent(ctx, c, l.probes.CPUPercent)
	case agentwire.CheckMemory:
		return l.percent(ctx, c, l.probes.MemoryPercent)
	case agentwire.CheckPing:
		return l.ping(ctx, c)
	case agentwire.CheckScript:
		return l.script(ctx, c)
	case agentwire.CheckWinSvc:
		// The service interface of Windows does not exist here (agent-protocol.md §5.2).
		return agentwire.WinSvcResult{ID: c.ID, AgentID: l.agentID, MoreInfo: "Status: ", Status: agentwire.StatusFailing}
	case agentwire.CheckEventLog:
		return agentwire.EventLogResult{ID: c.ID, AgentID: l.agentID, Log: []agentwire.EventLogEntry{}}
	}
	l.log.Warn("unknown type of check", zap.Int64("check_id", c.ID), zap.String("check_type", c.CheckType))
	return nil
}

func (l *Loop) diskSpace(ctx context.Context, c agentwire.Check) any {
	path := text(c.Disk)
	ctx, cancel := context.WithTimeout(ctx, probeLimit)
	defer cancel()
	res := agentwire.DiskSpaceResult{ID: c.ID, AgentID: l.agentID}
	use, err := l.probes.DiskUsage(ctx, path)
	if err != nil {
		res.MoreInfo = fmt.Sprintf("Disk %s does not exist", path)
		return res
	}
	res.Exists = true
	res.PercentUsed = use.Percent
	res.MoreInfo = fmt.Sprintf("Total: %s, Free: %s", inventory.FormatSize(use.Total), inventory.FormatSize(use.Free))
	return res
}

func (l *Loop) percent(ctx context.Context, c agentwire.Check, measure func(context.Context) (int, error)) any {
	ctx, cancel := context.WithTimeout(ctx, probeLimit)
	defer cancel()
	n, err := measure(ctx)
	if err != nil {
		l.log.Warn("measurement failed, 0 reported", zap.Int64("check_id", c.ID), zap.Error(err))
		n = 0
	}
	return agentwire.PercentResult{ID: c.ID, AgentID: l.agentID, Percent: n}
}

func (l *Loop) ping(ctx context.Context, c agentwire.Check) any {
	ctx, cancel := context.WithTimeout(ctx, probeLimit)
	defer cancel()
	passing, output := l.probes.Ping(ctx, text(c.IP))
	status := agentwire.StatusFailing
	if passing {
		status = agentwire.StatusPassing
	}
	return agentwire.PingResult{ID: c.ID, AgentID: l.agentID, Status: status, Output: output}
}

func (l *Loop) script(ctx context.Context, c agentwire.Check) any {
	if c.Script == nil {
		l.log.Warn("script check without a script", zap.Int64("check_id", c.ID))
		return nil
	}
	timeout := 0
	if c.Timeout != nil {
		timeout = *c.Timeout
	}
	res := l.scripts.Run(ctx, script.Script{
		Code: c.Script.Code, Shell: c.Script.Shell, Args: c.ScriptArgs, Env: c.EnvVars,
		Timeout: time.Duration(timeout) * time.Second, NushellConfig: c.NushellEnableConfig, DenoPermissions: c.DenoDefaultPermissions,
	})
	return agentwire.ScriptCheckResult{
		ID: c.ID, AgentID: l.agentID, Stdout: res.Stdout, Stderr: res.Stderr, RetCode: res.RetCode, Runtime: res.Elapsed.Seconds(),
	}
}

func text(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}
