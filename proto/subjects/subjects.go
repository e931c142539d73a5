// Package subjects is the only place where NATS subjects are built and taken apart.
//
// Agents use the subjects of agent-protocol.md §1.1 and §2.6, which are fixed by deployed agents. Services use
// `results.>` (a JetStream stream) and `facts.>` (plain nudges), which are ours.
//
// A builder whose argument is not a single, wildcard-free token returns the empty string. NATS refuses to publish or
// subscribe to an empty subject, so that a hostile id can never widen a subscription or address another agent.
package subjects

import "strings"

const (
	cmdOutputToken = "cmdoutput"
	terminalToken  = "terminal"
	resultsToken   = "results"
	factsToken     = "facts"
	agentToken     = "agent"

	// maxToken bounds one token in bytes; an agent id has at most 200 characters (domain.md §1.2).
	maxToken = 200
	// maxSubject bounds a whole subject in bytes before it is parsed.
	maxSubject = 1024
)

// Patterns to subscribe to.
const (
	// AllAgents matches every agent's own subject: check-ins (reply holds the kind) and commands.
	AllAgents = "*"
	// AllCommandOutput matches the streamed output of every command of every agent.
	AllCommandOutput = "*." + cmdOutputToken + ".>"
	// AllTerminals matches the output of every terminal session of every agent.
	AllTerminals = "*." + terminalToken + ".>"
	// AllResults matches every result; it is the subject list of the RESULTS stream.
	AllResults = resultsToken + ".>"
	// AllFacts matches every fact.
	AllFacts = factsToken + ".>"
	// AllAgentFacts matches every fact about an agent.
	AllAgentFacts = factsToken + "." + agentToken + ".>"
)

// ValidToken reports whether s can be one token of a subject: 1 to 200 printable ASCII characters, none of which is a
// dot, a wildcard, a slash, a dollar sign or a blank.
func ValidToken(s string) bool {
	if s == "" || len(s) > maxToken {
		return false
	}
	for i := range len(s) {
		switch c := s[i]; {
		case c <= ' ' || c >= 0x7f:
			return false
		case c == '.' || c == '*' || c == '>' || c == '/' || c == '$':
			return false
		}
	}
	return true
}

// Agent is the subject that an agent listens on and publishes its check-ins to.
func Agent(agentID string) string { return join(agentID) }

// CommandOutput carries the lines of one streamed command (agent-protocol.md §3.5).
func CommandOutput(agentID, cmdID string) string { return join(agentID, cmdOutputToken, cmdID) }

// Terminal carries the output of one terminal session (agent-protocol.md §3.6).
func Terminal(agentID, sessionID string) string { return join(agentID, terminalToken, sessionID) }

// AgentCommandOutput is the pattern of all streamed commands of one agent, as in its publish permission.
func AgentCommandOutput(agentID string) string { return joinAll(agentID, cmdOutputToken) }

// AgentTerminals is the pattern of all terminal sessions of one agent, as in its publish permission.
func AgentTerminals(agentID string) string { return joinAll(agentID, terminalToken) }

// Result carries one result of an agent (a check, a task, a command) to the RESULTS stream.
func Result(kind, agentID string) string { return join(resultsToken, kind, agentID) }

// ResultsOf is the pattern of all results of one kind.
func ResultsOf(kind string) string { return joinAll(resultsToken, kind) }

// AgentFact says that something of the given kind happened to one agent.
func AgentFact(agentID, kind string) string { return join(factsToken, agentToken, agentID, kind) }

// AgentFactsOf is the pattern of all facts about one agent.
func AgentFactsOf(agentID string) string { return joinAll(factsToken, agentToken, agentID) }

// AgentFactKind is the pattern of one kind of fact about any agent.
func AgentFactKind(kind string) string {
	if !ValidToken(kind) {
		return ""
	}
	return factsToken + "." + agentToken + ".*." + kind
}

// Fact says that something of the given kind happened in a topic that is not an agent. The topic "agent" is reserved.
func Fact(topic, kind string) string {
	if topic == agentToken {
		return ""
	}
	return join(factsToken, topic, kind)
}

// FactsOf is the pattern of all facts of a topic.
func FactsOf(topic string) string { return joinAll(factsToken, topic) }

// join builds a subject of literal tokens, or "" when one of them is no token.
func join(tokens ...string) string {
	for _, t := range tokens {
		if !ValidToken(t) {
			return ""
		}
	}
	return strings.Join(tokens, ".")
}

// joinAll builds a pattern that matches everything below the given literal tokens.
func joinAll(tokens ...string) string {
	s := join(tokens...)
	if s == "" {
		return ""
	}
	return s + ".>"
}
