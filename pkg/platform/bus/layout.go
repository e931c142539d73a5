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

const (
	// checkInPrefix is where a check-in that an agent publishes on its own id arrives, in both accounts.
	checkInPrefix = "agents.checkin."
	// commandPrefix is where SERVICES publishes a command; the import turns it into the agent's own id.
	commandPrefix = "agents.command."
)

// CheckIns is the subject of all check-ins as a service sees them. The reply field carries the kind (agent-protocol.md §2.3).
const CheckIns = checkInPrefix + "*"

// CheckIn returns the subject on which the server passes on what the agent publishes on its own id.
func CheckIn(agentID string) string { return checkInPrefix + agentID }

// Command returns the subject on which a service sends a command or request to the agent.
func Command(agentID string) string { return commandPrefix + agentID }

// CheckInAgent returns the agent id of a check-in subject.
func CheckInAgent(subject string) (string, bool) {
	if len(subject) <= len(checkInPrefix) || subject[:len(checkInPrefix)] != checkInPrefix {
		return "", false
	}
	return subject[len(checkInPrefix):], true
}
