//go:build windows

package install

import (
	"context"
	"errors"
)

// RunRemovalScript has nothing to run on this system, where the package removes itself.
func RunRemovalScript(context.Context, string, string) error {
	return errors.New("removal scripts are not used on this system")
}
