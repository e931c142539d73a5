package suite

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"syscall"
	"time"
)

// Restarting a process that died: first pause, longest pause, and the life after which the pause begins anew.
const (
	firstPause  = 200 * time.Millisecond
	longPause   = 5 * time.Second
	settledLife = 10 * time.Second
)

// readyEvery is the pause between two readiness questions.
const readyEvery = 50 * time.Millisecond

// command says how to run one process.
type command struct {
	name       string
	path       string
	args       []string
	env        []string
	dir        string
	user       *syscall.Credential // nil: as we are
	stopSignal syscall.Signal      // 0: SIGTERM
	stopWithin time.Duration       // 0: 45 s; then it is killed
	ready      func(ctx context.Context) error
}

// Process is one supervised process of the suite. It is started again, with growing pauses, whenever it ends unasked.
type Process struct {
	spec    command
	logPath string
	spawn   *spawner
	say     func(format string, args ...any)

	mu       sync.Mutex
	wanted   bool // should run
	cmd      *exec.Cmd
	began    time.Time
	exits    int           // unasked exits so far
	lastExit string        // how the last one ended
	wake     chan struct{} // closed when wanted is withdrawn
	idle     chan struct{} // closed when the supervising goroutine has ended
}

// Name returns the name under which the suite knows the process.
func (p *Process) Name() string { return p.spec.name }

// LogPath returns the file that gets what the process prints.
func (p *Process) LogPath() string { return p.logPath }

// PID returns the process id, 0 while it does not run.
func (p *Process) PID() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.cmd == nil {
		return 0
	}
	return p.cmd.Process.Pid
}

// Up starts the process and its supervision; it does not wait for readiness.
func (p *Process) Up() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.wanted {
		return nil
	}
	cmd, err := p.start()
	if err != nil {
		return err
	}
	p.wanted, p.exits = true, 0
	p.wake, p.idle = make(chan struct{}), make(chan struct{})
	go p.supervise(cmd, p.wake, p.idle)
	return nil
}

// start runs the program once. The caller holds the lock.
func (p *Process) start() (*exec.Cmd, error) {
	out, err := openLog(p.logPath)
	if err != nil {
		return nil, err
	}
	defer out.Close()                                //nolint:errcheck // the child has its own copy
	cmd := exec.Command(p.spec.path, p.spec.args...) //nolint:noctx // programs of the suite; the supervisor ends them in order
	cmd.Env, cmd.Dir, cmd.Stdout, cmd.Stderr = p.spec.env, p.spec.dir, out, out
	// A group of its own: Ctrl-C at the terminal reaches only the runner, which stops the processes in order.
	cmd.SysProcAttr = attributes(p.spec.user)
	if err := p.spawn.start(cmd); err != nil {
		return nil, fmt.Errorf("start %s: %w", p.spec.name, err)
	}
	p.cmd, p.began = cmd, time.Now()
	return cmd, nil
}

func (p *Process) supervise(cmd *exec.Cmd, wake, idle chan struct{}) {
	defer close(idle)
	pause := firstPause
	for {
		if cmd != nil {
			err := cmd.Wait()
			p.mu.Lock()
			life := time.Since(p.began)
			p.cmd = nil
			if !p.wanted {
				p.mu.Unlock()
				return
			}
			p.exits++
			p.lastExit = exitText(err)
			p.mu.Unlock()
			if life >= settledLife {
				pause = firstPause
			}
			p.say("%s ended (%s), starting it again in %s", p.spec.name, exitText(err), pause)
		}
		timer := time.NewTimer(pause)
		select {
		case <-wake:
			timer.Stop()
			return
		case <-timer.C:
		}
		pause = min(pause*2, longPause)
		p.mu.Lock()
		if !p.wanted {
			p.mu.Unlock()
			return
		}
		var err error
		if cmd, err = p.start(); err != nil {
			cmd = nil
			p.say("%v", err)
		}
		p.mu.Unlock()
	}
}

func exitText(err error) string {
	if err == nil {
		return "exit status 0"
	}
	return err.Error()
}

// Kill ends the process as kill -9 does; the supervision starts it again.
func (p *Process) Kill() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.cmd == nil {
		return nil
	}
	return p.cmd.Process.Kill()
}

// Restart kills the process, and returns when another one is ready.
func (p *Process) Restart(ctx context.Context) error {
	before := p.PID()
	if err := p.Kill(); err != nil {
		return fmt.Errorf("kill %s: %w", p.spec.name, err)
	}
	return p.waitReady(ctx, before)
}

// Crash kills the process and keeps it down until Up.
func (p *Process) Crash(ctx context.Context) error { return p.down(ctx, syscall.SIGKILL) }

// Down stops the process in its own way and keeps it down until Up.
func (p *Process) Down(ctx context.Context) error {
	signal := p.spec.stopSignal
	if signal == 0 {
		signal = syscall.SIGTERM
	}
	return p.down(ctx, signal)
}

func (p *Process) down(ctx context.Context, signal syscall.Signal) error {
	p.mu.Lock()
	if !p.wanted {
		p.mu.Unlock()
		return nil
	}
	p.wanted = false
	close(p.wake)
	var err error
	if p.cmd != nil {
		err = p.cmd.Process.Signal(signal)
	}
	idle := p.idle
	p.mu.Unlock()
	if err != nil && !errors.Is(err, os.ErrProcessDone) {
		return fmt.Errorf("stop %s: %w", p.spec.name, err)
	}
	within := p.spec.stopWithin
	if within == 0 {
		within = 45 * time.Second
	}
	timer := time.NewTimer(within)
	defer timer.Stop()
	select {
	case <-idle:
		return nil
	case <-timer.C:
	case <-ctx.Done():
	}
	if err := p.Kill(); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return fmt.Errorf("kill %s: %w", p.spec.name, err)
	}
	<-idle
	return fmt.Errorf("%s did not stop within %s and was killed", p.spec.name, within)
}

// WaitReady returns when the process answers that it is ready. A process that keeps dying is an error with the end of its
// log.
func (p *Process) WaitReady(ctx context.Context) error { return p.waitReady(ctx, 0) }

// waitReady waits for a ready process whose id is not before.
func (p *Process) waitReady(ctx context.Context, before int) error {
	p.mu.Lock()
	exits := p.exits
	p.mu.Unlock()
	if before != 0 {
		exits++ // the kill
	}
	tick := time.NewTicker(readyEvery)
	defer tick.Stop()
	var last error
	for {
		if pid := p.PID(); pid != 0 && pid != before {
			if last = p.askReady(ctx); last == nil {
				return nil
			}
		}
		p.mu.Lock()
		died, how := p.exits-exits, p.lastExit
		p.mu.Unlock()
		if died >= 3 {
			return fmt.Errorf("%s keeps ending (%s); end of %s:\n%s", p.spec.name, how, p.logPath, tail(p.logPath))
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("%s is not ready: %w; end of %s:\n%s", p.spec.name, errors.Join(context.Cause(ctx), last), p.logPath, tail(p.logPath))
		case <-tick.C:
		}
	}
}

func (p *Process) askReady(ctx context.Context) error {
	if p.spec.ready == nil {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	return p.spec.ready(ctx)
}

// maxLog is the size from which a log is put aside when its process starts.
const maxLog = 16 << 20

func openLog(path string) (*os.File, error) {
	if info, err := os.Stat(path); err == nil && info.Size() > maxLog {
		if err := os.Rename(path, path+".1"); err != nil {
			return nil, fmt.Errorf("put log aside: %w", err)
		}
	}
	f, err := os.OpenFile(path, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return nil, fmt.Errorf("open log: %w", err)
	}
	return f, nil
}

// tail returns the last lines of a log for an error message.
func tail(path string) string {
	const most = 2 << 10
	b, err := os.ReadFile(filepath.Clean(path))
	if err != nil {
		return err.Error()
	}
	if len(b) > most {
		b = b[len(b)-most:]
	}
	return string(b)
}
