package subjects

import "strings"

// The agents' and the services' accounts of the bus are separate. What crosses between them has these names on the
// services' side (docs/decisions/2026-11-25-nats-accounts.md); the streams of §2.6 keep their names.
const (
	agentsToken  = "agents"
	checkInToken = "checkin"
	commandToken = "command"

	checkInPrefix = agentsToken + "." + checkInToken + "."

	// AllCheckIns matches what agents publish on their own ids; the reply field holds the kind (agent-protocol.md §2.3).
	AllCheckIns = checkInPrefix + "*"
	// AllCommands matches the commands of services to agents.
	AllCommands = agentsToken + "." + commandToken + ".*"
)

// CheckIn is where services receive what the agent publishes on its own id.
func CheckIn(agentID string) string { return join(agentsToken, checkInToken, agentID) }

// Command is where services publish a command or request; the agent receives it on its own id.
func Command(agentID string) string { return join(agentsToken, commandToken, agentID) }

// ParseCheckIn returns the agent id of a check-in subject.
func ParseCheckIn(subject string) (agentID string, ok bool) {
	id, ok := strings.CutPrefix(subject, checkInPrefix)
	if !ok || !ValidToken(id) {
		return "", false
	}
	return id, true
}
