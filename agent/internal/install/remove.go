package install

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/gueencode/gueenrmm/agent/internal/config"
)

// Remove deletes what an agent has put on the machine: its configuration, its state, and for the installed agent (the
// one with the default configuration) the log, the service and the program, too. With stop the service is stopped first.
func Remove(configPath string, cfg config.Config, logPath string, stop bool) error {
	var errs []error
	installed := configPath == config.DefaultPath
	if installed {
		svc, err := NewService(BinaryPath(), configPath)
		if err == nil && svc.Installed() {
			err = svc.Remove(stop)
		}
		errs = append(errs, err)
	}
	state := cfg.State(configPath)
	// Only what is known to be ours: the directory may be one that an operator chose for more than this.
	for _, path := range []string{
		filepath.Join(state, "spool"), filepath.Join(state, "tmp"), filepath.Join(state, "agent.log"), filepath.Join(state, "agent.log.1"),
	} {
		errs = append(errs, os.RemoveAll(path))
	}
	if err := os.Remove(state); err != nil && !errors.Is(err, fs.ErrNotExist) {
		errs = append(errs, keepForeign(state))
	}
	files := []string{configPath}
	if installed {
		files = append(files, logPath, logPath+".1", BinaryPath())
	}
	for _, path := range files {
		if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
			errs = append(errs, err)
		}
	}
	if err := errors.Join(errs...); err != nil {
		return fmt.Errorf("remove the agent: %w", err)
	}
	return nil
}

// keepForeign accepts that a directory stays when it holds what is not ours.
func keepForeign(dir string) error {
	left, err := os.ReadDir(dir)
	if err != nil {
		return err
	}
	if len(left) == 0 {
		return fmt.Errorf("%s cannot be removed", dir)
	}
	return nil
}
