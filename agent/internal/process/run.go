// Package process starts programs with bounded output and a time limit that ends the whole tree they started.
package process

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/google/uuid"
)

const (
	// DefaultMaxOutput bounds each of stdout and stderr in bytes: together, rendered as JSON, they stay below the
	// 10 MiB above which servers replace results (agent-protocol.md §4.1).
	DefaultMaxOutput = 4 << 20

	// marker is the environment variable by which descendants are recognised that left their session and parent.
	marker = "GUEEN_RUN"

	// pipeGrace is how long output is awaited after the program itself has ended. A daemon started by it may keep the
	// pipes open for ever.
	pipeGrace = time.Second

	// busyPause and busyRetries wait for another fork to let go of a freshly written program file.
	busyPause   = 500 * time.Millisecond
	busyRetries = 5

	// TimeoutCode is the exit code of a program that exceeded its time (agent-protocol.md §5.6).
	TimeoutCode = 98
)

// Spec describes one run.
type Spec struct {
	Path      string
	Args      []string
	Dir       string
	Env       []string // added to the environment of the agent, later entries win
	Timeout   time.Duration
	MaxOutput int               // bytes of stdout and of stderr that are kept
	OnLine    func(line string) // each line of stdout and stderr in order of arrival, without terminator
}

// Result of a run. When Err is set the program was not started.
type Result struct {
	Stdout   string
	Stderr   string
	ExitCode int64 // -1 when ended by a signal
	TimedOut bool
	Canceled bool // the context ended first
	Elapsed  time.Duration
	Err      error
}

// Run starts the program, waits for it and returns what it did. On a time-out or the end of the context every process
// that it started is killed, also those that changed their process group, session or parent.
func Run(ctx context.Context, spec Spec) Result {
	start := time.Now()
	res := run(ctx, spec)
	res.Elapsed = time.Since(start)
	return res
}

func run(ctx context.Context, spec Spec) Result {
	runID := uuid.NewString()
	out, err := newCapture(spec)
	if err != nil {
		return Result{ExitCode: -1, Err: err}
	}
	cmd, err := start(ctx, spec, runID, out)
	if err != nil {
		out.abandon()
		return Result{ExitCode: -1, Err: err}
	}
	out.begin()

	exited := make(chan error, 1)
	go func() { exited <- cmd.Wait() }()
	timeout := time.NewTimer(spec.Timeout)
	defer timeout.Stop()
	res := Result{}
	var waitErr error
	select {
	case waitErr = <-exited:
	case <-timeout.C:
		res.TimedOut = true
	case <-ctx.Done():
		res.Canceled = true
	}
	if res.TimedOut || res.Canceled {
		KillTree(cmd.Process.Pid, marker+"="+runID)
		waitErr = <-exited
	}
	out.finish(pipeGrace)
	res.Stdout, res.Stderr = out.stdout.String(), out.stderr.String()
	res.ExitCode = exitCode(waitErr)
	if res.TimedOut {
		res.ExitCode = TimeoutCode
	}
	return res
}

// start starts the program in a session of its own.
func start(ctx context.Context, spec Spec, runID string, out *capture) (*exec.Cmd, error) {
	for try := 0; ; try++ {
		cmd := exec.Command(spec.Path, spec.Args...) //nolint:noctx // running what the server orders is the purpose; the tree is killed by Run
		cmd.Dir = spec.Dir
		cmd.Env = append(append(os.Environ(), spec.Env...), marker+"="+runID)
		cmd.Stdout, cmd.Stderr = out.stdoutW, out.stderrW
		isolate(cmd)
		err := cmd.Start()
		if err == nil {
			return cmd, nil
		}
		if !errors.Is(err, syscall.ETXTBSY) || try == busyRetries {
			return nil, fmt.Errorf("start %s: %w", filepath.Base(spec.Path), err)
		}
		t := time.NewTimer(busyPause)
		select {
		case <-t.C:
		case <-ctx.Done():
			t.Stop()
			return nil, fmt.Errorf("start %s: %w", filepath.Base(spec.Path), ctx.Err())
		}
	}
}

// exitCode takes the code from the error of Wait; -1 stands for a signal.
func exitCode(err error) int64 {
	if err == nil {
		return 0
	}
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		return int64(exit.ExitCode())
	}
	return -1
}

// capture reads both pipes of a program.
type capture struct {
	stdoutR, stdoutW *os.File
	stderrR, stderrW *os.File
	stdout, stderr   *sink
	readers          sync.WaitGroup
}

func newCapture(spec Spec) (*capture, error) {
	limit := spec.MaxOutput
	if limit <= 0 {
		limit = DefaultMaxOutput
	}
	outR, outW, err := os.Pipe()
	if err != nil {
		return nil, fmt.Errorf("open pipe: %w", err)
	}
	errR, errW, err := os.Pipe()
	if err != nil {
		return nil, errors.Join(fmt.Errorf("open pipe: %w", err), outR.Close(), outW.Close())
	}
	var lines *lineFeed
	if spec.OnLine != nil {
		lines = &lineFeed{emit: spec.OnLine}
	}
	return &capture{
		stdoutR: outR, stdoutW: outW, stderrR: errR, stderrW: errW,
		stdout: newSink(limit, lines), stderr: newSink(limit, lines),
	}, nil
}

// begin closes our copies of the write ends and starts reading.
func (c *capture) begin() {
	closeAll(c.stdoutW, c.stderrW)
	c.readers.Add(2)
	go func() { defer c.readers.Done(); c.stdout.drain(c.stdoutR) }()
	go func() { defer c.readers.Done(); c.stderr.drain(c.stderrR) }()
}

// finish waits for the rest of the output, at most for the given time.
func (c *capture) finish(grace time.Duration) {
	deadline := time.Now().Add(grace)
	// Where deadlines on pipes are not supported (Windows) closing them below ends the readers.
	noDeadline := errors.Join(c.stdoutR.SetReadDeadline(deadline), c.stderrR.SetReadDeadline(deadline)) != nil
	if noDeadline {
		t := time.AfterFunc(grace, func() { closeAll(c.stdoutR, c.stderrR) })
		defer t.Stop()
	}
	c.readers.Wait()
	closeAll(c.stdoutR, c.stderrR)
}

func (c *capture) abandon() { closeAll(c.stdoutR, c.stdoutW, c.stderrR, c.stderrW) }

// closeAll closes pipe ends; closing one twice or one whose peer is gone is no error worth reporting.
func closeAll(files ...*os.File) {
	for _, f := range files {
		f.Close() //nolint:errcheck // see above
	}
}

// Words splits a command line at blanks, as the reference does with a shell (agent-protocol.md §5.7).
func Words(line string) []string { return strings.Fields(line) }
