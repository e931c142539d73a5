// Package serverscripts runs scripts on the server itself (domain.md §7.6), for people who may, when the settings allow it.
package serverscripts

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
)

// Limits of one run.
const (
	maxOutput = 10 << 20        // bytes kept of each stream
	pipeGrace = 2 * time.Second // for children that keep the pipes open after the script has ended
)

// Return codes of runs that did not end by themselves.
const (
	RetTimedOut = 98
	RetFailed   = 99
)

// Script is one run. The body must name its interpreter on the first line.
type Script struct {
	Body    string
	Args    []string
	Env     []string // KEY=VALUE
	Timeout time.Duration
}

// Result is what came of it.
type Result struct {
	Stdout  string
	Stderr  string
	RetCode int
	Took    time.Duration
}

// ExecutionTime is the duration in seconds with four digits, the contract's form.
func (r Result) ExecutionTime() string { return fmt.Sprintf("%.4f", r.Took.Seconds()) }

// Runner runs scripts below a directory of its own.
type Runner struct {
	dir string
}

// New returns a Runner that puts scripts into dir; "" is the system's directory for temporary files.
func New(dir string) *Runner { return &Runner{dir: dir} }

// Run runs a script to its end or its timeout; then everything it started is killed. Failures are results too, in the
// contract's words. The script gets a plain environment and the given variables: the service's own holds its credentials.
func (r *Runner) Run(ctx context.Context, s Script) Result {
	start := time.Now()
	result, err := r.run(ctx, s)
	if err != nil {
		result.Stderr, result.RetCode = "Error: "+err.Error(), RetFailed
	}
	result.Took = time.Since(start)
	return result
}

func (r *Runner) run(ctx context.Context, s Script) (result Result, err error) {
	dir, err := os.MkdirTemp(r.dir, "gueen-script-")
	if err != nil {
		return Result{}, fmt.Errorf("make a directory: %w", err)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	path := filepath.Join(dir, "script")
	if err := os.WriteFile(path, []byte(strings.ReplaceAll(s.Body, "\r\n", "\n")), 0o500); err != nil { //nolint:gosec // it must be executable, for its owner only
		return Result{}, fmt.Errorf("write the script: %w", err)
	}
	limited, cancel := context.WithTimeout(ctx, s.Timeout)
	defer cancel()
	cmd := exec.CommandContext(limited, path, s.Args...)
	cmd.Dir, cmd.Env, cmd.WaitDelay = dir, Environment(s.Env...), pipeGrace
	ownGroup(cmd)
	stdout, stderr := &bounded{}, &bounded{}
	cmd.Stdout, cmd.Stderr = stdout, stderr
	err = cmd.Run()
	result = Result{Stdout: stdout.text(), Stderr: stderr.text()}
	var exit *exec.ExitError
	switch {
	case limited.Err() != nil && ctx.Err() == nil:
		result.Stderr, result.RetCode = fmt.Sprintf("Error: Timed out after %d seconds.", int(s.Timeout.Seconds())), RetTimedOut
		return result, nil
	case ctx.Err() != nil:
		return result, context.Cause(ctx)
	case errors.As(err, &exit):
		result.RetCode = exit.ExitCode()
		return result, nil
	case errors.Is(err, exec.ErrWaitDelay):
		return result, nil
	default:
		return result, err
	}
}

// Environment is what a program gets that people run on the server: a plain environment and the given variables. The service's
// own holds its credentials.
func Environment(given ...string) []string {
	env := []string{"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "LANG=C.UTF-8", "TZ=UTC"}
	if home, err := os.UserHomeDir(); err == nil {
		env = append(env, "HOME="+home)
	}
	return append(env, given...)
}

// bounded keeps the beginning of a stream and lets the rest pass.
type bounded struct{ kept []byte }

func (b *bounded) Write(p []byte) (int, error) {
	b.kept = append(b.kept, p[:min(len(p), maxOutput-len(b.kept))]...)
	return len(p), nil
}

func (b *bounded) text() string {
	return strings.ToValidUTF8(strings.ReplaceAll(string(b.kept), "\x00", ""), "\uFFFD")
}
