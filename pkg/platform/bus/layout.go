// Package bus is the suite's way to NATS: connections that come up late and recover alone, the account layout of the
// server with its generated configuration, and the publishing of facts.
package bus

// The accounts of the server. What crosses between AGENTS and SERVICES is listed in serverconfig.go and explained in
// docs/decisions/2026-11-25-nats-accounts.md.
const (
	AccountSystem   = "SYS"
	AccountAuth     = "AUTH"
	AccountServices = "SERVICES"
	AccountAgents   = "AGENTS"
)
