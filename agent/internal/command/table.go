package command

import (
	"context"
	"errors"
	"strconv"
	"time"

	"go.uber.org/zap"

	"github.com/gueencode/gueenrmm/agent/internal/script"
	"github.com/gueencode/gueenrmm/proto/agentwire"
)

const (
	scriptGrace   = 30 * time.Second // beyond the limit of a script: killing and cleaning up
	checksLimit   = 30 * time.Minute
	taskLimit     = 25 * time.Hour // the actions have limits of their own
	answerlessMsg = "not supported on this system"
)

// byTimeout is the time limit of scripts and commands.
func byTimeout(cmd agentwire.Command) time.Duration {
	return script.Limit(time.Duration(cmd.Timeout)*time.Second) + scriptGrace
}

func fixed(d time.Duration) func(agentwire.Command) time.Duration {
	return func(agentwire.Command) time.Duration { return d }
}

// table lists all functions of the contract.
func (d *Dispatcher) table() map[string]handler {
	t := map[string]handler{
		agentwire.FuncPing:          {run: func(_ context.Context, c *call) { c.answer("pong") }, inline: true},
		agentwire.FuncProcs:         {run: d.procs},
		agentwire.FuncKillProc:      {run: d.killProc},
		agentwire.FuncRawCmd:        {run: d.rawCmd, limit: byTimeout},
		agentwire.FuncRunScript:     {run: d.runScript, limit: byTimeout},
		agentwire.FuncRunScriptFull: {run: d.runScript, limit: byTimeout},
		agentwire.FuncRunTask:       {run: d.runTask, limit: fixed(taskLimit)},
		agentwire.FuncRunChecks:     {run: d.runChecks, limit: fixed(checksLimit)},
		agentwire.FuncCPULoadAvg:    {run: d.cpuLoad},
		agentwire.FuncPublicIP:      {run: func(ctx context.Context, c *call) { c.answer(d.Machine.PublicIP(ctx)) }},
		agentwire.FuncNeedsReboot:   {run: func(ctx context.Context, c *call) { c.answer(d.Machine.NeedsReboot(ctx)) }},
		agentwire.FuncSysInfo:       {run: d.sysInfo},
		agentwire.FuncWMI:           {run: d.wmi},
		agentwire.FuncRecover:       {run: d.recover},
		agentwire.FuncShutdown:      {run: d.shutdown},
		agentwire.FuncRebootNow:     {run: d.reboot},
		agentwire.FuncUninstall:     {run: d.uninstall},
		agentwire.FuncAgentUpdate: {inline: true, run: func(_ context.Context, c *call) {
			c.answer("this agent does not update itself: packages are not signed yet")
		}},
	}
	d.addTerminal(t)
	d.addWindowsOnly(t)
	return t
}

// addTerminal adds the functions that must keep their order.
func (d *Dispatcher) addTerminal(t map[string]handler) {
	inline := func(f func(c *call)) handler {
		return handler{inline: true, run: func(_ context.Context, c *call) { f(c) }}
	}
	t[agentwire.FuncTerminalStart] = inline(func(c *call) {
		d.Terminals.Start(c.cmd.Payload["session_id"], c.cmd.Payload["shell"], c.cmd.RunAsUser)
	})
	t[agentwire.FuncTerminalInput] = inline(func(c *call) {
		d.Terminals.Input(c.cmd.Payload["session_id"], c.cmd.Payload["data"])
	})
	t[agentwire.FuncTerminalResize] = inline(func(c *call) {
		rows, err1 := strconv.Atoi(c.cmd.Payload["rows"])
		cols, err2 := strconv.Atoi(c.cmd.Payload["cols"])
		if err := errors.Join(err1, err2); err != nil {
			c.answer("rows and cols must be numbers")
			return
		}
		d.Terminals.Resize(c.cmd.Payload["session_id"], rows, cols)
	})
	t[agentwire.FuncTerminalKill] = inline(func(c *call) { d.Terminals.Kill(c.cmd.Payload["session_id"]) })
}

// addWindowsOnly adds the answers Unix gives to functions of Windows (agent-protocol.md §3.3, §3.4).
func (d *Dispatcher) addWindowsOnly(t map[string]handler) {
	answer := func(v any) handler {
		return handler{inline: true, run: func(_ context.Context, c *call) { c.answer(v) }}
	}
	t[agentwire.FuncEventLog] = answer([]agentwire.EventLogEntry{})
	t[agentwire.FuncWinServices] = answer([]agentwire.Service{})
	t[agentwire.FuncWinSvcDetail] = answer(agentwire.Service{})
	t[agentwire.FuncWinSvcAction] = answer(agentwire.ActionResult{ErrorMsg: "/na"})
	t[agentwire.FuncEditWinSvc] = answer(agentwire.ActionResult{ErrorMsg: "/na"})
	t[agentwire.FuncSoftwareList] = answer([]agentwire.Software{})
	t[agentwire.FuncSchedTask] = answer("Something went wrong")
	t[agentwire.FuncDelSchedTask] = answer("ok")
	t[agentwire.FuncListSchedTasks] = answer([]string{})
	t[agentwire.FuncPatchMgmt] = answer("ok")
	t[agentwire.FuncInstallWithChoco] = handler{run: d.installWithChoco}
	for _, name := range []string{
		agentwire.FuncGetWinUpdates, agentwire.FuncInstallWinUpdates, agentwire.FuncInstallChoco,
		agentwire.FuncInstallPython, agentwire.FuncInstallNushell, agentwire.FuncInstallDeno,
	} {
		t[name] = answer(answerlessMsg)
	}
	registry := answer(map[string]string{"error": "The registry is only supported on Windows"})
	for _, name := range []string{
		agentwire.FuncRegistryBrowse, agentwire.FuncRegistryCreateKey, agentwire.FuncRegistryDeleteKey,
		agentwire.FuncRegistryRenameKey, agentwire.FuncRegistryCreateVal, agentwire.FuncRegistryDeleteVal,
		agentwire.FuncRegistryRenameVal, agentwire.FuncRegistryModifyVal,
	} {
		t[name] = registry
	}
}

func (d *Dispatcher) procs(ctx context.Context, c *call) {
	list, err := d.Machine.Processes(ctx)
	c.textOr(err, list)
}

func (d *Dispatcher) killProc(ctx context.Context, c *call) {
	c.textOr(d.Machine.KillProcess(ctx, c.cmd.ProcPID), "ok")
}

func (d *Dispatcher) cpuLoad(ctx context.Context, c *call) {
	n, err := d.Machine.CPUPercent(ctx)
	if err != nil {
		d.Log.Warn("measurement failed, 0 reported", zap.Error(err))
		n = 0
	}
	c.answer(n)
}

func (d *Dispatcher) runTask(ctx context.Context, c *call) {
	c.answer("ok")
	if err := d.Tasks.Run(ctx, c.cmd.TaskPK); err != nil {
		d.Log.Warn("task not completed", zap.Int("task_id", c.cmd.TaskPK), zap.Error(err))
	}
}

func (d *Dispatcher) runChecks(ctx context.Context, c *call) {
	c.answer("ok")
	if err := d.Checks.RunAll(ctx); err != nil {
		d.Log.Warn("requested checks not run", zap.Error(err))
	}
}

func (d *Dispatcher) sysInfo(ctx context.Context, c *call) {
	for _, kind := range []agentwire.Kind{agentwire.KindAgentInfo, agentwire.KindDisks, agentwire.KindWMI, agentwire.KindPublicIP} {
		d.checkIn(ctx, kind)
	}
	c.answer("ok")
}

func (d *Dispatcher) wmi(ctx context.Context, _ *call) { d.checkIn(ctx, agentwire.KindWMI) }

func (d *Dispatcher) checkIn(ctx context.Context, kind agentwire.Kind) {
	if err := d.CheckIns.Send(ctx, kind); err != nil {
		d.Log.Warn("requested check-in not sent", zap.String("kind", string(kind)), zap.Error(err))
	}
}

func (d *Dispatcher) recover(ctx context.Context, c *call) {
	if c.cmd.Payload["mode"] == "mesh" {
		if err := d.Mesh.Recover(ctx); err != nil {
			d.Log.Warn("remote-desktop agent not recovered", zap.Error(err))
		}
	}
	c.answer("ok")
}

func (d *Dispatcher) reboot(ctx context.Context, c *call) {
	c.answerFirst(ctx, "ok")
	if err := d.Power.Reboot(ctx); err != nil {
		d.Log.Error("restart failed", zap.Error(err))
	}
}

func (d *Dispatcher) shutdown(ctx context.Context, c *call) {
	c.answerFirst(ctx, "ok")
	if err := d.Power.Shutdown(ctx); err != nil {
		d.Log.Error("shutdown failed", zap.Error(err))
	}
}

func (d *Dispatcher) uninstall(ctx context.Context, c *call) {
	c.answerFirst(ctx, "ok")
	if err := d.Uninstall(ctx, c.cmd.Code); err != nil {
		d.Log.Error("uninstall failed", zap.Error(err))
	}
}
