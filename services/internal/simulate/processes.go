package simulate

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"sync"
	"time"
)

// MaxProcesses bounds how many processes share a fleet.
const MaxProcesses = 64

// Command starts one more process of the simulator: RunPart or RunPerson with its standard input and output.
type Command struct {
	Path string
	Args []string
	Env  []string
}

// RunProcesses plays the scenario with n processes, each with its share of the agents and of the rates, and returns their
// reports as one.
func RunProcesses(ctx context.Context, o Options, n int, c Command) (*Report, error) {
	if err := o.check(); err != nil {
		return nil, err
	}
	if n < 1 || n > MaxProcesses || n > o.Agents {
		return nil, fmt.Errorf("%w: processes must be between 1 and %d and not more than agents", ErrOptions, MaxProcesses)
	}
	parts, problems := make([]*Report, n), make([]error, n)
	show := newBoard(o.Progress, n)
	var group sync.WaitGroup
	for i := range n {
		group.Go(func() { parts[i], problems[i] = c.run(ctx, share(o, i, n), show.line(i)) })
	}
	group.Wait()
	show.stop()
	if err := errors.Join(problems...); err != nil {
		return nil, err
	}
	return merge(parts), nil
}

// share is what process i of n does.
func share(o Options, i, n int) Options {
	part := func(total int) int { return total*(i+1)/n - total*i/n }
	o.First += o.Agents * i / n
	o.Agents = part(o.Agents)
	o.Rate /= float64(n)
	o.Workers = max(1, part(o.Workers))
	o.ConnectRate = max(1, part(o.ConnectRate))
	return o
}

func (c Command) run(ctx context.Context, o Options, progress io.Writer) (*Report, error) {
	input, err := json.Marshal(o)
	if err != nil {
		return nil, fmt.Errorf("start simulator process: %w", err)
	}
	var out bytes.Buffer
	said := &tailWriter{to: progress}
	cmd := exec.CommandContext(ctx, c.Path, c.Args...) //nolint:gosec // this program again
	cmd.Env, cmd.Stdin, cmd.Stdout, cmd.Stderr = c.Env, bytes.NewReader(input), &out, said
	// A run that is ended early reports what it has measured until then.
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) }
	cmd.WaitDelay = o.Settle + time.Minute
	if err := cmd.Run(); err != nil && out.Len() == 0 {
		return nil, fmt.Errorf("simulator process of agents %d to %d: %w: %s", o.First, o.First+o.Agents-1, err, said.last())
	}
	var rep Report
	if err := json.Unmarshal(out.Bytes(), &rep); err != nil {
		return nil, fmt.Errorf("read report of simulator process: %w", err)
	}
	return &rep, nil
}

// RunPart is what one process of several does: options in, report out, both as JSON; progress goes to the given writer.
func RunPart(ctx context.Context, in io.Reader, out, progress io.Writer) error {
	var o Options
	if err := json.NewDecoder(in).Decode(&o); err != nil {
		return fmt.Errorf("read options: %w", err)
	}
	o.Progress = progress
	rep, err := Run(ctx, o)
	if err != nil {
		return err
	}
	return rep.WriteJSON(out)
}

// tailWriter keeps the last line of what a process says and hands each line on.
type tailWriter struct {
	to io.Writer

	mu   sync.Mutex
	text string
}

// Write implements io.Writer.
func (t *tailWriter) Write(p []byte) (int, error) {
	lines := bufio.NewScanner(strings.NewReader(strings.NewReplacer("\r", "\n", "\033[K", "").Replace(string(p))))
	for lines.Scan() {
		if strings.TrimSpace(lines.Text()) == "" {
			continue
		}
		t.mu.Lock()
		t.text = lines.Text()
		t.mu.Unlock()
		if t.to != nil {
			if _, err := io.WriteString(t.to, lines.Text()); err != nil {
				return 0, err
			}
		}
	}
	return len(p), nil
}

func (t *tailWriter) last() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.text
}

// board shows the last line of every process in one line.
type board struct {
	out   io.Writer
	quit  chan struct{}
	ended sync.WaitGroup

	mu    sync.Mutex
	lines []string
}

func newBoard(out io.Writer, n int) *board {
	b := &board{out: out, quit: make(chan struct{}), lines: make([]string, n)}
	if out != nil {
		b.ended.Go(b.loop)
	}
	return b
}

// line is where process i writes; nil when nothing is shown.
func (b *board) line(i int) io.Writer {
	if b.out == nil {
		return nil
	}
	return writerFunc(func(p []byte) (int, error) {
		b.mu.Lock()
		defer b.mu.Unlock()
		b.lines[i] = string(p)
		return len(p), nil
	})
}

func (b *board) loop() {
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	for {
		select {
		case <-b.quit:
			fmt.Fprint(b.out, "\r\033[K")
			return
		case <-tick.C:
		}
		b.mu.Lock()
		text := strings.Join(b.lines, " | ")
		b.mu.Unlock()
		fmt.Fprintf(b.out, "\r\033[K%s", text)
	}
}

func (b *board) stop() {
	close(b.quit)
	b.ended.Wait()
}

type writerFunc func(p []byte) (int, error)

// Write implements io.Writer.
func (f writerFunc) Write(p []byte) (int, error) { return f(p) }
