// Package actions is what people make agents do: commands, scripts, reboots, processes, registry, updates, one agent or many
// at a time (rest-1.md §5.2-5.7, domain.md §7.2, §17.1). Every action leaves the traces the contract asks for (history,
// audit) and every refusal is the contract's.
package actions

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"go.uber.org/zap"

	"github.com/gueencode/gueenrmm/pkg/agents"
	"github.com/gueencode/gueenrmm/pkg/audit"
	"github.com/gueencode/gueenrmm/pkg/customfields"
	"github.com/gueencode/gueenrmm/pkg/fault"
	"github.com/gueencode/gueenrmm/pkg/remote"
	"github.com/gueencode/gueenrmm/pkg/scripts"
	"github.com/gueencode/gueenrmm/pkg/serverscripts"
	"github.com/gueencode/gueenrmm/pkg/settings"
	"github.com/gueencode/gueenrmm/proto/agentwire"
)

// Commander sends commands to agents.
type Commander interface {
	Request(ctx context.Context, agentID string, cmd agentwire.Command, wait time.Duration) (remote.Reply, error)
	Publish(ctx context.Context, agentID string, cmd agentwire.Command) error
}

// Scripts gives stored scripts with their snippets filled in; ids that do not exist are absent.
type Scripts interface {
	Prepare(ctx context.Context, ids []int32) (map[int32]scripts.Prepared, error)
}

// Settings gives the settings of the product.
type Settings interface {
	Get(ctx context.Context) (settings.Core, error)
}

// Fields gives the definitions of custom fields.
type Fields interface {
	Get(ctx context.Context, id int32) (customfields.Definition, error)
}

// ServerScripts runs a script on the server itself.
type ServerScripts interface {
	Run(ctx context.Context, run serverscripts.Script) serverscripts.Result
}

// Options are settings of the installation that commands carry or that switch features.
type Options struct {
	NushellEnableConfig    bool
	DenoDefaultPermissions string // default "--allow-all"
	ServerScripts          bool   // false: the installation forbids scripts on the server whatever the core settings say
	LatestAgent            string // version that updates bring
}

// Deps are what a Service needs.
type Deps struct {
	Pool          *pgxpool.Pool
	Agents        *agents.Service
	Commander     Commander
	Scripts       Scripts
	Settings      Settings
	Fields        Fields
	ServerScripts ServerScripts
	Audit         *audit.Log
	Log           *zap.Logger
	Now           func() time.Time // nil: time.Now
	Options       Options
}

// Service runs actions. It is safe for concurrent use.
type Service struct {
	Deps
}

// New returns a Service.
func New(d Deps) *Service {
	if d.Now == nil {
		d.Now = time.Now
	}
	return &Service{Deps: d}
}

// Words that stand in place of an answer (rest-1.md §1.13). The contract hands some of them on as output.
const (
	wordTimeout  = "timeout"
	wordNATSDown = "natsdown"
	unable       = "Unable to contact the agent"
)

// answer is what came back: an agent's reply, or a word for why there is none.
type answer struct {
	reply remote.Reply
	word  string // "" when the agent answered
	err   error  // why there is none
}

func (a answer) text() string {
	if a.word != "" {
		return a.word
	}
	return a.reply.Text()
}

// ask sends a command and waits. An agent that is away, one that does not answer and a bus that is down are answers; other
// failures are errors.
func (s *Service) ask(ctx context.Context, ref agents.Ref, cmd agentwire.Command, wait time.Duration) (answer, error) {
	reply, err := s.Commander.Request(ctx, ref.AgentID, cmd, wait)
	switch {
	case err == nil:
		return answer{reply: reply}, nil
	case errors.Is(err, remote.ErrOffline), errors.Is(err, remote.ErrTimeout):
		return answer{word: wordTimeout, err: err}, nil
	case errors.Is(err, remote.ErrBusDown):
		return answer{word: wordNATSDown, err: err}, nil
	default:
		return answer{}, fmt.Errorf("ask agent: %w", err)
	}
}

// askOK sends a command that a willing agent answers with "ok"; anything else means that it cannot be reached.
func (s *Service) askOK(ctx context.Context, ref agents.Ref, cmd agentwire.Command, wait time.Duration) error {
	a, err := s.ask(ctx, ref, cmd, wait)
	if err != nil {
		return err
	}
	if a.text() != "ok" {
		return fault.Refused(unable)
	}
	return nil
}

// bounded keeps a caller's number of seconds within reason.
func bounded(seconds int) int { return max(1, min(seconds, maxTimeout)) }

// Limits of what callers may ask for.
const (
	maxTimeout = 24 * 60 * 60 // seconds
	maxItems   = 1000         // arguments or variables of one script
	maxCommand = 256 << 10    // bytes
)
