package suite

import "strings"

// Access says how to reach a suite (access.json, for its owner only).
type Access struct {
	Web           string `json:"web"`        // address of the web app
	API           string `json:"api"`        // base address of the REST interface
	User          string `json:"user"`       // the administrator
	Password      string `json:"password"`   // and his password
	MonToken      string `json:"mon_token"`  // token of the monitoring routes
	WebOrigin     string `json:"web_origin"` // the origin browsers come from
	NATS          string `json:"nats"`
	NATSWebSocket string `json:"nats_ws"`

	// For programs that measure the suite: rmmctl simulate.
	Database string            `json:"database_url"`
	Metrics  map[string]string `json:"metrics"` // service to the address of its private port
	Servers  map[string]int    `json:"servers"` // Postgres, Redis and nats-server to the port each listens on
}

// Access returns how to reach the suite.
func (s *Suite) Access() Access {
	return Access{
		Web: s.origin() + "/app/", API: s.origin(), User: s.opts.User, Password: s.secrets.AdminPassword,
		MonToken: s.secrets.MonToken, WebOrigin: s.origin(),
		NATS: "nats://" + local(s.opts.Ports.NATS), NATSWebSocket: "ws" + strings.TrimPrefix(s.origin(), "http") + "/natsws",
		Database: s.databaseURL(), Metrics: s.Metrics(),
		Servers: map[string]int{"postgres": s.opts.Ports.Postgres, "redis": s.opts.Ports.Redis, "nats-server": s.opts.Ports.NATS},
	}
}
