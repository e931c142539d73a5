package suite

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// rmmctl runs the operator's command line against the suite, with input on its standard input.
func (s *Suite) rmmctl(ctx context.Context, input string, args ...string) (string, error) {
	cmd := exec.CommandContext(ctx, filepath.Join(s.bin, "rmmctl"), args...)
	cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "HOME=" + os.Getenv("HOME"), "GUEEN_DATABASE_URL=" + s.databaseURL(), "GUEEN_REDIS_URL=" + s.redisURL()}
	cmd.Stdin = strings.NewReader(input)
	var out, problems bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &problems
	if err := cmd.Run(); err != nil {
		return "", fmt.Errorf("rmmctl %s: %w: %s", args[0], err, strings.TrimSpace(problems.String()))
	}
	return out.String(), nil
}

// ensureAdministrator makes the administrator when there is none yet.
func (s *Suite) ensureAdministrator(ctx context.Context) error {
	_, err := s.rmmctl(ctx, s.secrets.AdminPassword+"\n", "create-admin", "--username", s.opts.User, "--password-stdin", "--if-missing")
	return err
}
