// Package script runs scripts and raw commands as agent-protocol.md §5.6 and §5.7 describe for Unix.
package script

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/gueencode/gueenrmm/agent/internal/process"
)

// Exit codes of scripts that did not end by themselves.
const (
	CodeTimeout  = process.TimeoutCode
	CodeSetup    = 85
	CodeNotStart = 65
)

const (
	runtimeDir     = "/opt/tacticalagent"
	denoPermission = "DENO_PERMISSIONS="

	dirPrefix = "run-" // then the id of the process that made the directory

	defaultTimeout = 90 * time.Second
	maxTimeout     = 24 * time.Hour
)

// Script is one script to run.
type Script struct {
	Code            string
	Shell           string // matters for nushell and deno only: otherwise the first line of the code decides
	Args            []string
	Env             []string // KEY=VALUE
	Timeout         time.Duration
	NushellConfig   bool
	DenoPermissions string // blank-separated
}

// Result of a script. SetupErr is set when the script was not run; RetCode then is 85 or 65.
type Result struct {
	Stdout   string
	Stderr   string
	RetCode  int64
	Elapsed  time.Duration
	SetupErr error
}

// Runner runs scripts from a private directory.
type Runner struct {
	temp    string
	runtime string
}

// NewRunner makes a runner whose scripts live below temp while they run.
func NewRunner(temp string) *Runner { return &Runner{temp: temp, runtime: runtimeDir} }

// Run runs one script and waits for it.
func (r *Runner) Run(ctx context.Context, s Script) Result {
	start := time.Now()
	dir, file, err := r.write(s)
	if err != nil {
		return Result{RetCode: CodeSetup, SetupErr: err, Stderr: err.Error(), Elapsed: time.Since(start)}
	}
	res := r.run(ctx, s, file)
	if err := os.RemoveAll(dir); err != nil && res.SetupErr == nil {
		res.Stderr += "cannot remove the script file: " + err.Error() + "\n"
	}
	res.Elapsed = time.Since(start)
	return res
}

func (r *Runner) run(ctx context.Context, s Script, file string) Result {
	path, args, env, err := r.commandLine(s, file)
	if err != nil {
		return Result{RetCode: CodeSetup, SetupErr: err, Stderr: err.Error()}
	}
	timeout := Limit(s.Timeout)
	out := process.Run(ctx, process.Spec{Path: path, Args: args, Env: env, Timeout: timeout})
	if out.Err != nil {
		return Result{RetCode: CodeNotStart, SetupErr: out.Err, Stderr: out.Err.Error() + "\n"}
	}
	res := Result{Stdout: out.Stdout, Stderr: out.Stderr, RetCode: out.ExitCode}
	if out.TimedOut {
		res.Stderr += timeoutText(timeout)
	}
	if out.Canceled {
		res.Stderr += "\nStopped because the agent is stopping"
	}
	return res
}

// write puts the code into a directory of its own that only the agent's user can enter.
func (r *Runner) write(s Script) (dir, file string, err error) {
	if err := os.MkdirAll(r.temp, 0o700); err != nil {
		return "", "", fmt.Errorf("create script directory: %w", err)
	}
	dir, err = os.MkdirTemp(r.temp, dirPrefix+strconv.Itoa(os.Getpid())+"-")
	if err != nil {
		return "", "", fmt.Errorf("create script directory: %w", err)
	}
	name := "script"
	if s.Shell == "deno" {
		name += ".ts"
	}
	file = filepath.Join(dir, name)
	code := strings.ReplaceAll(s.Code, "\r\n", "\n")
	if err := os.WriteFile(file, []byte(code), 0o700); err != nil { //nolint:gosec // it has to be executable
		return dir, "", fmt.Errorf("write script: %w", err)
	}
	return dir, file, nil
}

// commandLine chooses the program: the runtimes have to be named, everything else is started directly.
func (r *Runner) commandLine(s Script, file string) (path string, args, env []string, err error) {
	env = s.Env
	switch s.Shell {
	case "nushell":
		path = filepath.Join(r.runtime, "bin", "nu")
		if s.NushellConfig {
			etc := filepath.Join(r.runtime, "etc", "nushell")
			args = []string{"--config", filepath.Join(etc, "config.nu"), "--env-config", filepath.Join(etc, "env.nu")}
		} else {
			args = []string{"--no-config-file"}
		}
		args = append(args, file)
	case "deno":
		path = filepath.Join(r.runtime, "bin", "deno")
		var permissions []string
		permissions, env = denoPermissions(s)
		args = append(append([]string{"run", "--no-prompt"}, permissions...), file)
	default:
		return file, s.Args, env, nil
	}
	if _, err := os.Stat(path); err != nil {
		return "", nil, nil, fmt.Errorf("File Not Found: %s", path) //nolint:staticcheck // the text is part of the contract
	}
	return path, append(args, s.Args...), env, nil
}

// denoPermissions takes them from an environment entry, which is removed, or from the default.
func denoPermissions(s Script) (permissions, env []string) {
	for i, e := range s.Env {
		if rest, ok := strings.CutPrefix(e, denoPermission); ok {
			value, _, _ := strings.Cut(rest, "=")
			env = append(append(env, s.Env[:i]...), s.Env[i+1:]...)
			return strings.Fields(value), env
		}
	}
	return strings.Fields(s.DenoPermissions), s.Env
}

// Limit applies the default to a missing time limit and bounds any.
func Limit(d time.Duration) time.Duration {
	if d <= 0 {
		return defaultTimeout
	}
	return min(d, maxTimeout)
}

func timeoutText(d time.Duration) string {
	return fmt.Sprintf("\nTimed out after %d seconds", int64(d/time.Second))
}
