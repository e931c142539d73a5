package suite

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"time"
)

// enrolWithin bounds the enrolment of this machine.
const enrolWithin = time.Minute

// agentProgram is the agent's binary for this machine.
func (s *Suite) agentProgram() string {
	return filepath.Join(s.bin, "agents", "gueen-agent-"+runtime.GOOS+"-"+runtime.GOARCH)
}

func (s *Suite) agentConfig() string { return filepath.Join(s.dir, "agent", "config.json") }

// startAgent enrols this machine when it is not yet, and runs its agent.
func (s *Suite) startAgent(ctx context.Context) error {
	dir := filepath.Join(s.dir, "agent")
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return fmt.Errorf("make agent directory: %w", err)
	}
	_, err := os.Stat(s.agentConfig())
	first := errors.Is(err, fs.ErrNotExist)
	if first {
		err = s.enrol(ctx)
	}
	if err != nil {
		return err
	}
	err = s.startGroup(ctx, command{
		name: "agent", path: s.agentProgram(), args: []string{"-m", "svc", "-config", s.agentConfig(), "-log", "INFO", "-logto", "stdout"},
		dir: dir, env: agentEnvironment(),
	})
	if err == nil && first && s.opts.Examples {
		err = s.addExamples(ctx)
	}
	return err
}

func agentEnvironment() []string {
	return []string{"PATH=" + os.Getenv("PATH"), "HOME=" + os.Getenv("HOME"), "LANG=C.UTF-8"}
}

// enrol registers this machine through the public routes, as an administrator does who pastes the command of the web app.
func (s *Suite) enrol(ctx context.Context) error {
	ctx, cancel := context.WithTimeoutCause(ctx, enrolWithin, fmt.Errorf("enrolment took longer than %s", enrolWithin))
	defer cancel()
	var token string
	var client, site int
	err := s.withAPI(ctx, func(a *api) (err error) {
		if client, site, err = a.ensureSite(ctx, s.opts.Client, s.opts.Site); err != nil {
			return err
		}
		token, err = a.installerToken(ctx, client, site, s.origin())
		return err
	})
	if err != nil {
		return fmt.Errorf("prepare enrolment: %w", err)
	}
	s.say("enrolling this machine")
	cmd := exec.CommandContext(ctx, s.agentProgram(), "-m", "install", "-config", s.agentConfig(), "-api", s.origin(),
		"-client-id", strconv.Itoa(client), "-site-id", strconv.Itoa(site), "-agent-type", "server", "-auth", token, "-nomesh", "-no-service",
		"-no-power", "-statedir", filepath.Join(s.dir, "agent", "state"))
	cmd.Dir, cmd.Env = filepath.Dir(s.agentConfig()), agentEnvironment()
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("enrol this machine: %w: %s", err, strings.TrimSpace(string(out)))
	}
	return nil
}
