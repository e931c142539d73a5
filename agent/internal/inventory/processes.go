package inventory

import (
	"context"
	"fmt"
	"os/user"
	"strconv"

	"github.com/shirou/gopsutil/v4/process"

	"github.com/gueencode/gueenrmm/proto/agentwire"
)

// Processes lists the running processes; pid 0 is left out. Processes that end meanwhile are left out, too.
func Processes(ctx context.Context) ([]agentwire.Process, error) {
	procs, err := process.ProcessesWithContext(ctx)
	if err != nil {
		return nil, fmt.Errorf("list processes: %w", err)
	}
	names := userNames{}
	out := make([]agentwire.Process, 0, len(procs))
	for _, p := range procs {
		if p.Pid == 0 {
			continue
		}
		name, err := p.NameWithContext(ctx)
		if err != nil {
			continue
		}
		row := agentwire.Process{Name: name, PID: int(p.Pid), ID: len(out), Username: names.of(ctx, p), CPUPercent: "0.0"}
		if m, err := p.MemoryInfoWithContext(ctx); err == nil && m != nil {
			row.MemBytes = m.RSS
		}
		if c, err := p.CPUPercentWithContext(ctx); err == nil {
			row.CPUPercent = fmt.Sprintf("%.1f", c)
		}
		out = append(out, row)
	}
	return out, ctx.Err()
}

// userNames remembers the names of user ids, so that each is looked up once per list.
type userNames map[uint32]string

func (n userNames) of(ctx context.Context, p *process.Process) string {
	uids, err := p.UidsWithContext(ctx)
	if err != nil || len(uids) == 0 {
		if name, err := p.UsernameWithContext(ctx); err == nil {
			return name // systems without user ids
		}
		return ""
	}
	uid := uids[0]
	if name, known := n[uid]; known {
		return name
	}
	name := strconv.FormatUint(uint64(uid), 10)
	if u, err := user.LookupId(name); err == nil {
		name = u.Username
	}
	n[uid] = name
	return name
}

// KillProcess kills the children of a process, then the process (agent-protocol.md §3.3).
func KillProcess(ctx context.Context, pid int32) error {
	if pid <= 1 {
		return fmt.Errorf("refusing to kill process %d", pid)
	}
	p, err := process.NewProcessWithContext(ctx, pid)
	if err != nil {
		return err
	}
	if children, err := p.ChildrenWithContext(ctx); err == nil {
		for _, c := range children {
			c.KillWithContext(ctx) //nolint:errcheck // a child that is gone already is what is wanted
		}
	}
	return p.KillWithContext(ctx)
}
