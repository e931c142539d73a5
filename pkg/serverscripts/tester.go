package serverscripts

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/gueencode/gueenrmm/pkg/access"
	"github.com/gueencode/gueenrmm/pkg/audit"
	"github.com/gueencode/gueenrmm/pkg/fault"
	"github.com/gueencode/gueenrmm/pkg/settings"
	"github.com/gueencode/gueenrmm/pkg/variables"
)

// Bounds of a test.
const (
	MaxTimeout = 3600 // seconds
	maxItems   = 1000 // arguments, and variables
)

// How audit rows call the server (rest-1.md §7).
const (
	serverName = "Tactical RMM Server"
	noAgentID  = "N/A"
)

// Core gives the global settings.
type Core interface {
	Get(ctx context.Context) (settings.Core, error)
}

// Snippets puts the code of snippets into a script.
type Snippets interface {
	Fill(ctx context.Context, code string) (string, error)
}

// Globals gives what placeholders can reach without an agent: the key store.
type Globals interface {
	PlaceVariables(ctx context.Context, kind variables.Root, id int32, texts ...[]string) (*variables.Data, error)
}

// Tester runs code that is not stored yet on the server (rest-1.md §7).
type Tester struct {
	Runner   *Runner
	Core     Core
	Snippets Snippets
	Globals  Globals
	Audit    func(ctx context.Context, e audit.Entry) error
}

// Test is the code to try and how.
type Test struct {
	Code    string   `json:"code"`
	Args    []string `json:"args"`
	Env     []string `json:"env_vars"`
	Timeout int      `json:"timeout"` // seconds
	Shell   string   `json:"shell"`   // only for the quoting of values: the code names its interpreter
}

// Report is what the audit log keeps of a run, in the contract's form.
type Report struct {
	Stdout        string `json:"stdout"`
	Stderr        string `json:"stderr"`
	ExecutionTime string `json:"execution_time"`
	RetCode       int    `json:"retcode"`
}

// Run runs the code to its end. Whoever may run it sees the key store anyway: the code runs as the service.
func (t *Tester) Run(ctx context.Context, actor *access.Principal, test Test) (Report, error) {
	core, err := t.Core.Get(ctx)
	if err != nil {
		return Report{}, err
	}
	switch {
	case !core.EnableServerScripts:
		return Report{}, fault.Refused("This feature is disabled. It can be enabled in Global Settings.")
	case !strings.HasPrefix(test.Code, "#!"):
		return Report{}, fault.Refused("Missing shebang!")
	case test.Timeout < 1 || test.Timeout > MaxTimeout:
		return Report{}, fault.InvalidField("timeout", fmt.Sprintf("Ensure this value is between 1 and %d.", MaxTimeout))
	case len(test.Args) > maxItems || len(test.Env) > maxItems:
		return Report{}, fault.Refusedf("At most %d arguments and variables are possible.", maxItems)
	}
	code, err := t.Snippets.Fill(ctx, test.Code)
	if err != nil {
		return Report{}, err
	}
	var data *variables.Data
	if variables.Contains(test.Args, test.Env) {
		if data, err = t.Globals.PlaceVariables(ctx, variables.Global, 0, test.Args, test.Env); err != nil {
			return Report{}, err
		}
	}
	script := Script{
		Body: code, Args: data.Args(test.Shell, test.Args).Items, Env: data.Env(test.Shell, test.Env).Items,
		Timeout: time.Duration(test.Timeout) * time.Second,
	}
	for _, item := range append(append([]string{}, script.Args...), script.Env...) {
		if strings.ContainsRune(item, 0) {
			return Report{}, fault.Refused("Arguments and variables cannot contain null characters.")
		}
	}
	result := t.Runner.Run(ctx, script)
	report := Report{Stdout: result.Stdout, Stderr: result.Stderr, ExecutionTime: result.ExecutionTime(), RetCode: result.RetCode}
	err = t.Audit(context.WithoutCancel(ctx), audit.Entry{
		Username: actor.Username, Action: audit.ExecuteScript, ObjectType: "agent", Agent: serverName, AgentID: noAgentID,
		Message: fmt.Sprintf("%s tested a script on %s", actor.Username, serverName), Before: test, After: report,
		Debug: map[string]any{"ip": actor.IP},
	})
	return report, err
}
