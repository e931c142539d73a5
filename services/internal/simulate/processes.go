package simulate

import (
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
	if err := o.Check(); err != nil {
		return nil, err
	}
	if n < 1 || n > MaxProcesses || n > o.Agents {
		return nil, fmt.Errorf("%w: processes must be between 1 and %d and not more than agents", ErrOptions, MaxProcesses)
	}
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	show := newBoard(o.Progress, n)
	parts := make([]*part, n)
	for i := range n {
		parts[i] = c.start(ctx, share(o, i, n), func(s status) { show.set(i, s) })
	}
	calm, during := newSeries(), newSeries()
	var err error
	if o.Scenario == Reconnect {
		if err = o.storm(ctx, calm, during, func(ctx context.Context) error { return cutParts(ctx, o, parts) }); err != nil {
			stop(err)
		}
	}
	reports := make([]*Report, n)
	for i, p := range parts {
		<-p.ended
		reports[i], err = p.report, errors.Join(err, p.problem)
	}
	show.stop()
	if err != nil {
		return nil, err
	}
	whole := merge(reports)
	whole.add(time.Duration(whole.Seconds*float64(time.Second)), kindOfWork{workBefore, calm}, kindOfWork{workMeanwhile, during})
	return whole, nil
}

// share is what process i of n does.
func share(o Options, i, n int) Options {
	part := func(total int) int { return total*(i+1)/n - total*i/n }
	o.First += o.Agents * i / n
	o.Agents = part(o.Agents)
	o.Rate /= float64(n)
	o.Workers = max(1, part(o.Workers))
	o.ConnectRate = max(1, part(o.ConnectRate))
	if i > 0 { // what the services used is the same for all
		o.Metrics, o.Watch = nil, nil
	}
	return o
}

func (c Command) run(ctx context.Context, o Options, show func(status)) (*Report, error) {
	input, err := json.Marshal(o)
	if err != nil {
		return nil, fmt.Errorf("start simulator process: %w", err)
	}
	var out bytes.Buffer
	said := &heard{status: show}
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

// RunPart is what one process of several does: options in, report out, both as JSON; statuses go to progress, a line
// of JSON each.
func RunPart(ctx context.Context, in io.Reader, out, progress io.Writer) error {
	var o Options
	if err := json.NewDecoder(in).Decode(&o); err != nil {
		return fmt.Errorf("read options: %w", err)
	}
	o.Progress, o.part = progress, true
	rep, err := Run(ctx, o)
	if err != nil {
		return err
	}
	return rep.WriteJSON(out)
}

// heard takes apart what a process says on its standard error: statuses, and anything else, of which the last line is kept
// for the case that it fails.
type heard struct {
	status func(status)

	mu   sync.Mutex
	rest []byte // of a line that is not complete
	text string
}

// Write implements io.Writer.
func (h *heard) Write(p []byte) (int, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.rest = append(h.rest, p...)
	for {
		at := bytes.IndexByte(h.rest, '\n')
		if at < 0 {
			break
		}
		line := h.rest[:at]
		var s status
		if json.Unmarshal(line, &s) == nil {
			h.status(s)
		} else if text := strings.TrimSpace(string(line)); text != "" {
			h.text = text
		}
		h.rest = h.rest[at+1:]
	}
	return len(p), nil
}

func (h *heard) last() string {
	h.mu.Lock()
	defer h.mu.Unlock()
	return strings.TrimSpace(h.text + " " + string(h.rest))
}

// board shows the processes together in one line.
type board struct {
	quit  chan struct{}
	ended sync.WaitGroup

	mu    sync.Mutex
	parts []status
}

func newBoard(out io.Writer, n int) *board {
	b := &board{quit: make(chan struct{}), parts: make([]status, n)}
	if out != nil {
		b.ended.Go(func() { b.loop(newDisplay(out)) })
	}
	return b
}

// set keeps what process i says.
func (b *board) set(i int, s status) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.parts[i] = s
}

func (b *board) loop(d *display) {
	tick := time.NewTicker(showEvery)
	defer tick.Stop()
	for {
		select {
		case <-b.quit:
			d.clear()
			return
		case now := <-tick.C:
			b.mu.Lock()
			all := together(b.parts)
			b.mu.Unlock()
			d.show(all, now)
		}
	}
}

func (b *board) stop() {
	close(b.quit)
	b.ended.Wait()
}
