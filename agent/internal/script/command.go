package script

import (
	"context"
	"os"
	"time"

	"github.com/gueencode/gueenrmm/agent/internal/process"
)

// Command is a line for a shell.
type Command struct {
	Shell   string // program and arguments, to which `-c <line>` is appended; empty takes the system's shell
	Line    string
	Timeout time.Duration
	OnLine  func(line string) // streamed output
}

// CommandResult is the outcome of a command.
type CommandResult struct {
	Stdout   string
	Stderr   string
	ExitCode int64
}

// Text is the reply to a raw command: stdout, then stderr after a newline if there is any (agent-protocol.md §3.3).
func (r CommandResult) Text() string {
	if r.Stderr == "" {
		return r.Stdout
	}
	return r.Stdout + "\n" + r.Stderr
}

// Exec runs a command and waits for it.
func (r *Runner) Exec(ctx context.Context, c Command) CommandResult {
	words := process.Words(c.Shell)
	if len(words) == 0 {
		words = []string{DefaultShell()}
	}
	timeout := Limit(c.Timeout)
	out := process.Run(ctx, process.Spec{
		Path: words[0], Args: append(words[1:], "-c", c.Line), Timeout: timeout, OnLine: c.OnLine,
	})
	if out.Err != nil {
		return CommandResult{Stderr: out.Err.Error(), ExitCode: CodeNotStart}
	}
	res := CommandResult{Stdout: out.Stdout, Stderr: out.Stderr, ExitCode: out.ExitCode}
	if out.TimedOut {
		res.Stderr += timeoutText(timeout)
	}
	return res
}

// DefaultShell is bash where there is one.
func DefaultShell() string {
	if _, err := os.Stat("/bin/bash"); err == nil {
		return "/bin/bash"
	}
	return "/bin/sh"
}
