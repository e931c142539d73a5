package simulate

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os/exec"
	"strconv"
	"time"
)

// The person who works while the fleet comes back: the pause between two requests, how long they are watched before, and how
// long their process may take to end.
const (
	probeEvery  = 20 * time.Millisecond
	probeBefore = 3 * time.Second
	probeEnds   = 10 * time.Second
)

// asking is what a person's process needs to know.
type asking struct {
	API, Key string
	Insecure bool
}

// ask asks for a page of agents again and again, as a person's browser does, until the context ends.
func (c *client) ask(ctx context.Context, key string, tell func(time.Duration, error)) {
	for wait(ctx, probeEvery) {
		start := time.Now()
		err := c.do(ctx, 0, http.MethodGet, "/v1/agents?limit=50", "X-API-KEY", key, nil, nil)
		if err == nil || ctx.Err() == nil {
			tell(time.Since(start), err)
		}
	}
}

// probe lets a person work until the context ends and keeps what they felt. With Options.Person they have a process of their
// own: among thousands of agents in this one they would wait for its scheduler, and the figure would be the simulator's.
func (o *Options) probe(ctx context.Context, into *series) error {
	if o.Person.Path == "" {
		c := newClient(Options{API: o.API, Insecure: o.Insecure, Workers: 1})
		defer c.close()
		c.ask(ctx, o.Key, into.note)
		return nil
	}
	// The process ends when its input does; what it has measured until then is read to the end.
	ending, kill := context.WithCancel(context.WithoutCancel(ctx))
	defer kill()
	cmd := exec.CommandContext(ending, o.Person.Path, o.Person.Args...) //nolint:gosec // this program again
	cmd.Env = o.Person.Env
	in, err := cmd.StdinPipe()
	if err != nil {
		return fmt.Errorf("start the person's process: %w", err)
	}
	out, err := cmd.StdoutPipe()
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		return fmt.Errorf("start the person's process: %w", errors.Join(err, in.Close()))
	}
	question, err := json.Marshal(asking{API: o.API, Key: o.Key, Insecure: o.Insecure})
	if err == nil {
		_, err = in.Write(question)
	}
	leave := context.AfterFunc(ctx, func() {
		if in.Close() != nil { // it has ended already
			kill()
			return
		}
		time.AfterFunc(probeEnds, kill)
	})
	defer leave()
	if err == nil {
		err = into.read(out)
	}
	if err = errors.Join(err, cmd.Wait()); err != nil {
		return fmt.Errorf("the person's process: %w", err)
	}
	return nil
}

// note keeps the outcome of one request.
func (s *series) note(took time.Duration, err error) {
	if err != nil {
		s.fail(err)
		return
	}
	s.add(took)
}

// read takes what RunPerson writes.
func (s *series) read(out io.Reader) error {
	lines := bufio.NewScanner(out)
	for lines.Scan() {
		took, err := strconv.ParseInt(lines.Text(), 10, 64)
		if err != nil {
			s.fail(errors.New(lines.Text()))
			continue
		}
		s.add(time.Duration(took))
	}
	return lines.Err()
}

// RunPerson is what the process of Options.Person does: it reads whom to ask, asks until its input ends, and writes one line
// for each request: its nanoseconds, or why it failed.
func RunPerson(ctx context.Context, in io.Reader, out io.Writer) error {
	var a asking
	if err := json.NewDecoder(in).Decode(&a); err != nil {
		return fmt.Errorf("read whom to ask: %w", err)
	}
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	go func() {
		_, err := io.Copy(io.Discard, in)
		cancel(err)
	}()
	c := newClient(Options{API: a.API, Insecure: a.Insecure, Workers: 1})
	defer c.close()
	var failed error
	c.ask(ctx, a.Key, func(took time.Duration, err error) {
		text := strconv.FormatInt(int64(took), 10)
		if err != nil {
			text = errorClass(err)
		}
		if _, err := fmt.Fprintln(out, text); err != nil && failed == nil {
			failed = fmt.Errorf("write what was felt: %w", err)
			cancel(failed)
		}
	})
	return failed
}
