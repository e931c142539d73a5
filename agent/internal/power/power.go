// Package power restarts and switches off the machine.
package power

import (
	"context"
	"fmt"
	"os/exec"
	"time"

	"go.uber.org/zap"
)

const limit = time.Minute

// System acts on this machine.
type System struct{}

// Reboot restarts the machine.
func (System) Reboot(ctx context.Context) error { return run(ctx, rebootCommand()) }

// Shutdown switches the machine off.
func (System) Shutdown(ctx context.Context) error { return run(ctx, shutdownCommand()) }

func run(ctx context.Context, words []string) error {
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	if err := exec.CommandContext(ctx, words[0], words[1:]...).Run(); err != nil {
		return fmt.Errorf("run %s: %w", words[0], err)
	}
	return nil
}

// Off only notes what would have happened. It serves agents that share a machine with something more important, such as
// the developer.
type Off struct{ Log *zap.Logger }

// Reboot notes the request.
func (o Off) Reboot(context.Context) error {
	o.Log.Warn("restart requested, but power control is off in the configuration")
	return nil
}

// Shutdown notes the request.
func (o Off) Shutdown(context.Context) error {
	o.Log.Warn("shutdown requested, but power control is off in the configuration")
	return nil
}
