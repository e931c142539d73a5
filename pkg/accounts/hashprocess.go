package accounts

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"go.uber.org/zap"
)

// derivation is one password to be hashed, as it goes to the process that does it.
type derivation struct {
	Password []byte   `json:"password"`
	Salt     []byte   `json:"salt"`
	Cost     HashCost `json:"cost"`
	Bytes    uint32   `json:"bytes"`
}

type derived struct {
	Key []byte        `json:"key"`
	CPU time.Duration `json:"cpu"` // what it cost
}

const (
	// inHashProcess marks the environment of a hash process, which must not start one itself.
	inHashProcess = "GUEEN_HASH_PROCESS"

	maxDerivation = 16 << 10               // bytes of a line: a password of MaxPassword, encoded
	hashWithin    = 400 * time.Millisecond // giving way has an end: then the service computes the hash itself
)

var errLate = errors.New("the hash process got no processor in time")

// HashProcess computes password hashes in processes of their own, which give way to everything else. A hash takes a core and tens
// of megabytes for a moment: in the service itself, many at once would take processors and collections of garbage from requests.
// Processes are started when they are needed and kept. When one cannot be started, fails or gets no processor for a moment, the
// service computes the hash itself: a busy machine makes signing in slower, not impossible.
type HashProcess struct {
	command []string
	log     *zap.Logger
	cpu     prometheus.Counter
	within  time.Duration // of hashWithin

	mu     sync.Mutex
	idle   []*hashChild
	live   map[*hashChild]bool
	closed bool
	failed bool // told once
}

// NewHashProcess returns a HashProcess that starts the command, a program that calls ServeHashes.
func NewHashProcess(command []string, metrics prometheus.Registerer, log *zap.Logger) (*HashProcess, error) {
	p := &HashProcess{command: command, log: log, live: map[*hashChild]bool{}, within: hashWithin, cpu: prometheus.NewCounter(prometheus.CounterOpts{
		Name: "gueen_password_hash_cpu_seconds_total", Help: "Processor time of password hashes in processes of their own.",
	})}
	if metrics != nil {
		if err := metrics.Register(p.cpu); err != nil {
			return nil, fmt.Errorf("register metrics of password hashes: %w", err)
		}
	}
	return p, nil
}

// derive computes a hash. The context does not stop one that has begun: it takes a fraction of a second.
func (p *HashProcess) derive(ctx context.Context, d derivation) []byte {
	for range 2 { // a process that was ended from outside is replaced once
		child, err := p.take(ctx)
		if err != nil {
			p.tell(err)
			break
		}
		answer, err := child.ask(d, p.within)
		if err == nil {
			p.cpu.Add(answer.CPU.Seconds())
			p.give(child)
			return answer.Key
		}
		p.drop(child)
		if errors.Is(err, errLate) {
			break
		}
		p.tell(err)
	}
	return d.compute()
}

func (p *HashProcess) tell(err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.failed && !p.closed {
		p.failed = true
		p.log.Warn("passwords are hashed in the service itself when no process of its own does it", zap.Error(err))
	}
}

func (p *HashProcess) take(ctx context.Context) (*hashChild, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed {
		return nil, errors.New("hash processes are stopped")
	}
	if n := len(p.idle); n > 0 {
		child := p.idle[n-1]
		p.idle = p.idle[:n-1]
		return child, nil
	}
	child, err := startHashChild(context.WithoutCancel(ctx), p.command)
	if err == nil {
		p.live[child] = true
	}
	return child, err
}

func (p *HashProcess) give(child *hashChild) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.closed {
		p.idle = append(p.idle, child)
	}
}

func (p *HashProcess) drop(child *hashChild) {
	p.mu.Lock()
	delete(p.live, child)
	p.mu.Unlock()
	child.end()
}

// Start does nothing: processes are started when they are needed.
func (*HashProcess) Start(context.Context) error { return nil }

// Stop ends the processes.
func (p *HashProcess) Stop(context.Context) error {
	p.mu.Lock()
	p.closed = true
	live := p.live
	p.live, p.idle = map[*hashChild]bool{}, nil
	p.mu.Unlock()
	for child := range live {
		child.end()
	}
	return nil
}

// hashChild is one process.
type hashChild struct {
	cmd  *exec.Cmd
	in   io.WriteCloser
	out  *bufio.Reader
	once sync.Once

	result error // of its end, for debuggers: nobody acts on it
}

func startHashChild(ctx context.Context, command []string) (*hashChild, error) {
	if os.Getenv(inHashProcess) != "" {
		return nil, errors.New("a hash process starts no other")
	}
	cmd := exec.CommandContext(ctx, command[0], command[1:]...) //nolint:gosec // the program itself
	cmd.Env = []string{inHashProcess + "=1"}
	in, err := cmd.StdinPipe()
	if err != nil {
		return nil, fmt.Errorf("start hash process: %w", err)
	}
	out, err := cmd.StdoutPipe()
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("start hash process: %w", err), in.Close())
	}
	return &hashChild{cmd: cmd, in: in, out: bufio.NewReaderSize(out, maxDerivation)}, nil
}

// ask sends a password over the pipe and waits for its hash.
func (c *hashChild) ask(d derivation, within time.Duration) (answer derived, err error) {
	line, err := json.Marshal(d) //nolint:gosec // the password goes to the process that hashes it, over a pipe
	if err != nil {
		return answer, fmt.Errorf("encode password: %w", err)
	}
	late := time.AfterFunc(within, c.end)
	defer func() {
		if !late.Stop() && err != nil {
			err = errLate
		}
	}()
	if _, err := c.in.Write(append(line, '\n')); err != nil {
		return answer, fmt.Errorf("ask hash process: %w", err)
	}
	if line, err = c.out.ReadSlice('\n'); err == nil {
		err = json.Unmarshal(line, &answer)
	}
	if err == nil && len(answer.Key) != int(d.Bytes) {
		err = errors.New("not a hash")
	}
	if err != nil {
		return derived{}, fmt.Errorf("read from hash process: %w", err)
	}
	return answer, nil
}

// end closes the pipe, kills the process and takes its exit status.
func (c *hashChild) end() {
	c.once.Do(func() {
		// Each may find its work done already: the process had ended.
		c.result = errors.Join(c.in.Close(), c.cmd.Process.Kill(), c.cmd.Wait())
	})
}
