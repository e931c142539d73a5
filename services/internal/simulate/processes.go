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

// phaseReady is the phase in which a process of the reconnect scenario waits for the word.
const phaseReady = "ready"

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
	asked := ctx
	ctx, stop := context.WithCancelCause(asked)
	defer stop(nil)
	show := newBoard(o.Progress, n)
	parts := make([]*part, n)
	for i := range n {
		parts[i] = c.start(ctx, share(o, i, n), func(s status) { show.set(i, s) })
	}
	var watching sync.WaitGroup
	for _, p := range parts {
		watching.Go(func() {
			if <-p.ended; p.problem != nil {
				stop(p.problem) // the others need not go on
			}
		})
	}
	defer watching.Wait()
	calm, during := newSeries(), newSeries()
	var err error
	if o.Scenario == Reconnect {
		if err = allReady(ctx, parts); err == nil {
			err = o.storm(ctx, calm, during, func(ctx context.Context) error { return cutParts(ctx, o.Cut, parts) })
		}
		if asked.Err() != nil {
			err = nil // ended early: it reports what it has measured until then
		}
		if err != nil {
			stop(err)
		}
	}
	reports := make([]*Report, n)
	for i, p := range parts {
		<-p.ended
		reports[i], err = p.report, errors.Join(err, p.problem)
	}
	show.stop()
	if asked.Err() == nil && ctx.Err() != nil {
		err = context.Cause(ctx) // and not what the others say about their end
	}
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
	o.Await, o.Spare, o.Person = o.Scenario == Reconnect, o.Cut != nil, Command{}
	if i > 0 { // what the services used is the same for all
		o.Metrics, o.Watch = nil, nil
	}
	return o
}

// part is one process of a fleet.
type part struct {
	in     io.WriteCloser
	ready  chan struct{} // closed when it waits for the word
	ended  chan struct{} // closed when report and problem stand
	report *Report

	problem error
	once    sync.Once
}

// start starts a process, which ends with the context: then it reports what it has measured until then.
func (c Command) start(ctx context.Context, o Options, show func(status)) *part {
	p := &part{ready: make(chan struct{}), ended: make(chan struct{})}
	cmd := exec.CommandContext(ctx, c.Path, c.Args...) //nolint:gosec // this program again
	var out bytes.Buffer
	said := &heard{status: func(s status) {
		if s.Phase == phaseReady {
			p.once.Do(func() { close(p.ready) })
		}
		show(s)
	}}
	cmd.Env, cmd.Stdout, cmd.Stderr = c.Env, &out, said
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) }
	cmd.WaitDelay = o.Settle + time.Minute
	input, err := json.Marshal(o)
	if err == nil {
		p.in, err = cmd.StdinPipe()
	}
	if err == nil {
		err = cmd.Start()
	}
	if err == nil {
		// A process that ends without reading says why itself.
		if _, werr := p.in.Write(append(input, '\n')); werr != nil {
			said.note(werr)
		}
	}
	go func() {
		defer close(p.ended)
		if err == nil {
			err = cmd.Wait()
		}
		if err != nil && out.Len() == 0 {
			p.problem = fmt.Errorf("simulator process of agents %d to %d: %w: %s", o.First, o.First+o.Agents-1, err, said.last())
			return
		}
		if err := json.Unmarshal(out.Bytes(), &p.report); err != nil {
			p.problem = fmt.Errorf("read report of simulator process: %w", err)
		}
	}()
	return p
}

// allReady waits until every process waits for the word.
func allReady(ctx context.Context, parts []*part) error {
	for _, p := range parts {
		select {
		case <-p.ready:
		case <-p.ended:
			return p.problem
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
	return nil
}

// cutParts gives the word, cuts all connections at the server if it can, and waits until the processes are done.
func cutParts(ctx context.Context, cut func(context.Context) error, parts []*part) error {
	for _, p := range parts {
		if _, err := io.WriteString(p.in, "{}\n"); err != nil {
			return fmt.Errorf("give the word: %w", err)
		}
	}
	if cut != nil {
		if err := cut(ctx); err != nil {
			return fmt.Errorf("cut the connections: %w", err)
		}
	}
	for _, p := range parts {
		<-p.ended // they end with the context, too
	}
	return nil
}

// RunPart is what one process of several does: options in, report out, both as JSON; statuses go to progress, a line
// of JSON each.
func RunPart(ctx context.Context, in io.Reader, out, progress io.Writer) error {
	var o Options
	words := json.NewDecoder(in)
	if err := words.Decode(&o); err != nil {
		return fmt.Errorf("read options: %w", err)
	}
	o.Progress, o.part = progress, true
	if o.Await {
		heard := make(chan error, 1)
		go func() { heard <- words.Decode(&struct{}{}) }()
		o.word = func(ctx context.Context) error {
			select {
			case err := <-heard:
				return err
			case <-ctx.Done():
				return context.Cause(ctx)
			}
		}
	}
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

// note keeps an error as the last line.
func (h *heard) note(err error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.text = err.Error()
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
