package script

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/shirou/gopsutil/v4/process"
)

// Sweep removes the scripts of agents that were killed before they could do it. It is called once, before this process
// runs any script.
func (r *Runner) Sweep(ctx context.Context) error {
	entries, err := os.ReadDir(r.temp)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("look for old scripts: %w", err)
	}
	var errs []error
	for _, e := range entries {
		rest, ours := strings.CutPrefix(e.Name(), dirPrefix)
		text, _, _ := strings.Cut(rest, "-")
		pid, err := strconv.ParseInt(text, 10, 32)
		if !ours || err != nil {
			continue
		}
		if alive, err := process.PidExistsWithContext(ctx, int32(pid)); alive && err == nil && int(pid) != os.Getpid() {
			continue // an agent started by hand runs it
		}
		errs = append(errs, os.RemoveAll(filepath.Join(r.temp, e.Name())))
	}
	if err := errors.Join(errs...); err != nil {
		return fmt.Errorf("remove old scripts: %w", err)
	}
	return nil
}
