// Package command carries out what the server orders (agent-protocol.md §3.3). Every known command is answered exactly
// once, also when it fails.
package command

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"go.uber.org/zap"

	"github.com/gueencode/gueenrmm/agent/internal/bus"
	"github.com/gueencode/gueenrmm/agent/internal/script"
	"github.com/gueencode/gueenrmm/proto/agentwire"
)

const (
	// maxRunning bounds commands at the same time, maxWaiting those that wait for their turn.
	maxRunning = 32
	maxWaiting = 256

	// answerLimit is the time a command without a limit of its own may take.
	answerLimit = 2 * time.Minute

	// maxReply bounds a reply in bytes, below the payload limit of the contract's NATS servers.
	maxReply = agentwire.MaxPayload - 1024
)

// Bus sends replies and streams.
type Bus interface {
	Publish(subject string, data []byte) error
	Flush(ctx context.Context) error
}

// CheckIns sends reports out of turn.
type CheckIns interface {
	Send(ctx context.Context, kind agentwire.Kind) error
}

// Checks runs all checks.
type Checks interface {
	RunAll(ctx context.Context) error
}

// Tasks runs a task.
type Tasks interface {
	Run(ctx context.Context, pk int) error
}

// Scripts runs scripts and commands.
type Scripts interface {
	Run(ctx context.Context, s script.Script) script.Result
	Exec(ctx context.Context, c script.Command) script.CommandResult
}

// Results takes what a command did.
type Results interface {
	Submit(method, path string, body any) error
}

// Terminals runs shells.
type Terminals interface {
	Start(id, shell string, runAsUser bool)
	Input(id, data string)
	Resize(id string, rows, cols int)
	Kill(id string)
}

// Power restarts and stops the machine.
type Power interface {
	Reboot(ctx context.Context) error
	Shutdown(ctx context.Context) error
}

// Mesh recovers the remote-desktop agent.
type Mesh interface {
	Recover(ctx context.Context) error
}

// Machine looks at the machine.
type Machine interface {
	Processes(ctx context.Context) ([]agentwire.Process, error)
	KillProcess(ctx context.Context, pid int32) error
	CPUPercent(ctx context.Context) (int, error)
	NeedsReboot(ctx context.Context) bool
	PublicIP(ctx context.Context) string
}

// Deps is what commands act through.
type Deps struct {
	AgentID   string
	Bus       Bus
	CheckIns  CheckIns
	Checks    Checks
	Tasks     Tasks
	Scripts   Scripts
	Results   Results
	Terminals Terminals
	Power     Power
	Mesh      Mesh
	Machine   Machine
	Uninstall func(ctx context.Context, code string) error // removes the agent and makes its process end
	Log       *zap.Logger
}

// Dispatcher receives commands in order and runs them.
type Dispatcher struct {
	Deps
	handlers map[string]handler
	slots    chan struct{}
	waiting  chan struct{}
	answered *memory
	running  sync.WaitGroup

	ctx  context.Context //nolint:containedctx // the life of the commands, not of a call
	stop context.CancelFunc
}

// handler carries out one function.
type handler struct {
	run    func(ctx context.Context, c *call)
	inline bool // quick and in order: run by the receiving loop itself
	limit  func(cmd agentwire.Command) time.Duration
}

// New makes a dispatcher whose commands end with the context.
func New(ctx context.Context, deps Deps) *Dispatcher {
	ctx, stop := context.WithCancel(ctx)
	d := &Dispatcher{
		Deps: deps, slots: make(chan struct{}, maxRunning), waiting: make(chan struct{}, maxRunning+maxWaiting),
		answered: newMemory(), ctx: ctx, stop: stop,
	}
	d.handlers = d.table()
	return d
}

// Close ends the running commands and waits for them until the context ends.
func (d *Dispatcher) Close(ctx context.Context) error {
	d.stop()
	done := make(chan struct{})
	go func() { d.running.Wait(); close(done) }()
	select {
	case <-done:
		return nil
	case <-ctx.Done():
		return fmt.Errorf("commands still run: %w", ctx.Err())
	}
}

// Handle takes one message from the agent's subject. Unknown functions are ignored, as are check-ins that a server
// without no-echo sends back.
func (d *Dispatcher) Handle(m bus.Message) {
	if _, isCheckIn := agentwire.ParseKind(m.Reply); isCheckIn {
		return
	}
	cmd, err := agentwire.DecodeCommand(m.Data)
	h, known := d.handlers[cmd.Func]
	if !known {
		if err != nil {
			d.Log.Warn("undecodable message dropped", zap.Error(err))
		}
		return
	}
	c := &call{d: d, cmd: cmd, reply: m.Reply}
	if err != nil {
		d.Log.Warn("malformed command refused", zap.String("func", cmd.Func), zap.Error(err))
		c.answer("invalid command: " + err.Error())
		return
	}
	if h.inline {
		d.execute(d.ctx, h, c)
		return
	}
	if !d.remember(c) {
		return
	}
	select {
	case d.waiting <- struct{}{}:
	default:
		d.Log.Warn("too many commands, refused", zap.String("func", cmd.Func))
		c.answer("the agent is busy with too many commands")
		return
	}
	d.running.Go(func() {
		defer func() { <-d.waiting }()
		select {
		case d.slots <- struct{}{}:
		case <-d.ctx.Done():
			c.answer("the agent is stopping")
			return
		}
		defer func() { <-d.slots }()
		d.execute(d.ctx, h, c)
	})
}

// remember makes sure that a command with an id is run only once. A repetition gets the answer of the first, if there is
// one yet.
func (d *Dispatcher) remember(c *call) bool {
	if c.cmd.ID == 0 {
		return true
	}
	c.key = fmt.Sprintf("%s/%d", c.cmd.Func, c.cmd.ID)
	earlier, first := d.answered.begin(c.key)
	if first {
		return true
	}
	d.Log.Info("repeated command not run again", zap.String("func", c.cmd.Func), zap.Int("command_id", c.cmd.ID))
	c.key = ""
	if earlier == nil {
		c.answer("this command has been received before")
	} else {
		c.send(earlier)
	}
	return false
}

// execute runs a handler under its time limit; whatever happens, the caller gets an answer.
func (d *Dispatcher) execute(ctx context.Context, h handler, c *call) {
	limit := answerLimit
	if h.limit != nil {
		limit = h.limit(c.cmd)
	}
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	defer func() {
		if p := recover(); p != nil {
			d.Log.Error("command crashed", zap.String("func", c.cmd.Func), zap.Any("panic", p), zap.Stack("stack"))
			c.answer("internal error of the agent")
		}
		c.answer("ok") // has no effect when the handler has answered
	}()
	h.run(ctx, c)
}

// call is one command and the way to answer it.
type call struct {
	d     *Dispatcher
	cmd   agentwire.Command
	reply string
	key   string // under which the answer is remembered
	once  sync.Once
}

// answer replies the first time it is called; without a reply subject it only counts as done.
func (c *call) answer(v any) {
	c.once.Do(func() {
		data, err := agentwire.EncodeValue(v)
		if err == nil && len(data) > maxReply {
			err = errors.New("the answer is too large")
		}
		if err != nil {
			data, err = agentwire.EncodeValue("the agent cannot answer: " + err.Error())
		}
		if err != nil {
			c.d.Log.Error("answer cannot be encoded", zap.String("func", c.cmd.Func), zap.Error(err))
			return
		}
		c.d.answered.done(c.key, data)
		c.publish(data)
	})
}

// send replies with bytes that were encoded before.
func (c *call) send(data []byte) { c.once.Do(func() { c.publish(data) }) }

func (c *call) publish(data []byte) {
	if c.reply == "" {
		return
	}
	if err := c.d.Bus.Publish(c.reply, data); err != nil {
		c.d.Log.Warn("answer not sent", zap.String("func", c.cmd.Func), zap.Error(err))
	}
}

// answerFirst replies and makes sure that the reply is out before something happens that ends the connection.
func (c *call) answerFirst(ctx context.Context, v any) {
	c.answer(v)
	if err := c.d.Bus.Flush(ctx); err != nil {
		c.d.Log.Warn("answer may be late", zap.String("func", c.cmd.Func), zap.Error(err))
	}
}

// textOr answers with the text of an error, or else with v.
func (c *call) textOr(err error, v any) {
	if err != nil {
		c.answer(err.Error())
		return
	}
	c.answer(v)
}

// Handlers lists the functions that are known.
func (d *Dispatcher) Handlers() map[string]struct{} {
	out := make(map[string]struct{}, len(d.handlers))
	for name := range d.handlers {
		out[name] = struct{}{}
	}
	return out
}
