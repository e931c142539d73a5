package suite

import "strings"

// Access says how to reach a suite (access.json).
type Access struct {
	Web           string `json:"web"`        // address of the web app
	API           string `json:"api"`        // base address of the REST interface
	User          string `json:"user"`       // the administrator
	Password      string `json:"password"`   // and his password
	MonToken      string `json:"mon_token"`  // token of the monitoring routes
	WebOrigin     string `json:"web_origin"` // the origin browsers come from
	NATS          string `json:"nats"`
	NATSWebSocket string `json:"nats_ws"`
}

// Access returns how to reach the suite.
func (s *Suite) Access() Access {
	return Access{
		Web: s.origin() + "/app/", API: s.origin(), User: s.opts.User, Password: s.secrets.AdminPassword,
		MonToken: s.secrets.MonToken, WebOrigin: s.origin(),
		NATS: "nats://" + local(s.opts.Ports.NATS), NATSWebSocket: "ws" + strings.TrimPrefix(s.origin(), "http") + "/natsws",
	}
}
