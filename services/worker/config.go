package main

import (
	"time"

	"github.com/gueencode/gueenrmm/pkg/platform/config"
	"github.com/gueencode/gueenrmm/pkg/platform/service"
)

// settings are those of the worker.
type settings struct {
	service.Base
	Database config.Database
	Redis    config.Redis
	NATS     config.NATS
	System   config.NATSSystem
	Sealing  config.Sealing
	Worker   workerSettings
	Agents   agentSettings
}

type workerSettings struct {
	Concurrency int           `conf:"worker.concurrency" default:"16" min:"1" max:"1000" unit:"tasks" help:"Background tasks that run at the same time."`
	Drain       time.Duration `conf:"worker.drain" default:"20s" min:"1s" max:"10m" help:"Longest time running tasks may take when the service stops; what is not done then goes back to its queue."`
	Recheck     time.Duration `conf:"worker.recheck" default:"2m" min:"1s" max:"1h" help:"How long a task may be in its queue before it is made sure that Redis still has it."`
}

type agentSettings struct {
	Dir       string `conf:"agents.dir" default:"/usr/share/gueenrmm/agents" help:"Directory of the agent binaries that installers and updates bring, named gueen-agent-PLAT-ARCH."`
	PublicURL string `conf:"api.public_url" default:"http://127.0.0.1:8080" help:"Address under which agents and scripts reach the interface."`

	NushellEnableConfig    bool   `conf:"agents.nushell_enable_config" default:"false" help:"Nushell scripts on agents read the user's configuration."`
	DenoDefaultPermissions string `conf:"agents.deno_default_permissions" default:"--allow-all" help:"Permissions of Deno scripts on agents that name none."`
}
