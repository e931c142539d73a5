package simulate

import (
	"math"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestOptionsAreBounded(t *testing.T) {
	t.Parallel()
	for said, change := range map[string]func(*Options){
		"agents must be between":          func(o *Options) { o.Agents = maxAgents + 1 },
		"first agent must be":             func(o *Options) { o.First = -1 },
		"rate must be between":            func(o *Options) { o.Rate = math.NaN() },
		"rate must be between 0":          func(o *Options) { o.Rate = -1 },
		"speed must be":                   func(o *Options) { o.Speed = math.Inf(1) },
		"changed share":                   func(o *Options) { o.Changed = 1.5 },
		"duration must be":                func(o *Options) { o.Duration = 0 },
		"workers must be":                 func(o *Options) { o.Workers = 0 },
		"connect rate must be":            func(o *Options) { o.ConnectRate = 0 },
		"time to settle":                  func(o *Options) { o.Settle = -time.Second },
		"site must be":                    func(o *Options) { o.Site = 0 },
		"no scenario \"x\"":               func(o *Options) { o.Scenario = "x" },
		"sources must be":                 func(o *Options) { o.Sources = maxSources + 1 },
		"API address is missing":          func(o *Options) { o.API = "" },
		"API address must begin":          func(o *Options) { o.API = "rmm.example.com" },
		"NATS address must begin":         func(o *Options) { o.NATS = "http://127.0.0.1:4222" },
		"metrics address of api":          func(o *Options) { o.Metrics = map[string]string{"api": "x"} },
		"port of postgres":                func(o *Options) { o.Watch = map[string]int{"postgres": 0} },
		"database address":                func(o *Options) { o.Database = "hunter2" },
		"only a server on this machine":   func(o *Options) { o.Sources, o.API = 2, "https://192.0.2.1" },
		"only a server on this machine i": func(o *Options) { o.Sources, o.NATS = 2, "wss://rmm.example.com/natsws" },
	} {
		o := options("http://127.0.0.1:1", "nats://127.0.0.1:1", Steady)
		change(&o)
		_, err := Run(t.Context(), o)
		require.ErrorIs(t, err, ErrOptions, said)
		require.ErrorContains(t, err, said)
		require.NotContains(t, err.Error(), "hunter2")
	}
	o := options("http://localhost:1", "ws://127.0.0.3:1/natsws", Steady)
	o.Sources = 250
	require.NoError(t, o.Check())
	o.Agents, o.Site = 0, -1
	require.Regexp(t, "agents must be .*\n.*site must be", o.Check().Error(), "everything that is wrong is said at once")
}
