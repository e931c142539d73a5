package subjects

import "strings"

// ParseAgent returns the agent id of an agent's own subject.
func ParseAgent(subject string) (agentID string, ok bool) {
	if !ValidToken(subject) {
		return "", false
	}
	return subject, true
}

// ParseCommandOutput takes `<agent_id>.cmdoutput.<cmd_id>` apart.
func ParseCommandOutput(subject string) (agentID, cmdID string, ok bool) {
	t, ok := split(subject, 3)
	if !ok || t[1] != cmdOutputToken {
		return "", "", false
	}
	return t[0], t[2], true
}

// ParseTerminal takes `<agent_id>.terminal.<session_id>` apart.
func ParseTerminal(subject string) (agentID, sessionID string, ok bool) {
	t, ok := split(subject, 3)
	if !ok || t[1] != terminalToken {
		return "", "", false
	}
	return t[0], t[2], true
}

// ParseResult takes `results.<kind>.<agent_id>` apart.
func ParseResult(subject string) (kind, agentID string, ok bool) {
	t, ok := split(subject, 3)
	if !ok || t[0] != resultsToken {
		return "", "", false
	}
	return t[1], t[2], true
}

// ParseAgentFact takes `facts.agent.<agent_id>.<kind>` apart.
func ParseAgentFact(subject string) (agentID, kind string, ok bool) {
	t, ok := split(subject, 4)
	if !ok || t[0] != factsToken || t[1] != agentToken {
		return "", "", false
	}
	return t[2], t[3], true
}

// ParseFact takes `facts.<topic>.<kind>` apart.
func ParseFact(subject string) (topic, kind string, ok bool) {
	t, ok := split(subject, 3)
	if !ok || t[0] != factsToken || t[1] == agentToken {
		return "", "", false
	}
	return t[1], t[2], true
}

// split cuts a subject into exactly n valid tokens.
func split(subject string, n int) ([]string, bool) {
	if len(subject) > maxSubject {
		return nil, false
	}
	t := strings.SplitN(subject, ".", n+1)
	if len(t) != n {
		return nil, false
	}
	for _, s := range t {
		if !ValidToken(s) {
			return nil, false
		}
	}
	return t, true
}
