//go:build !linux

package process

import (
	"context"
	"os/exec"
	"time"

	"github.com/shirou/gopsutil/v4/process"
)

// isolate has nothing to do: the tree is found by parentage.
func isolate(*exec.Cmd) {}

// KillTree kills a program and its descendants by parentage.
func KillTree(root int, _ string) {
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second) //nolint:forbidigo // ends what must end, whatever the caller's context
	defer cancel()
	killFrom(ctx, int32(root), 0)
}

// killFrom kills the children first, so that their parentage is still known.
func killFrom(ctx context.Context, pid int32, depth int) {
	const maxDepth = 64
	p, err := process.NewProcessWithContext(ctx, pid)
	if err != nil || depth > maxDepth {
		return
	}
	children, err := p.ChildrenWithContext(ctx)
	if err == nil {
		for _, c := range children {
			killFrom(ctx, c.Pid, depth+1)
		}
	}
	p.KillWithContext(ctx) //nolint:errcheck // a process that is gone already is what is wanted
}
