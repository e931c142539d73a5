package agentwire

import (
	"crypto/rand"
	"fmt"
)

const (
	agentIDLength  = 40
	agentIDLetters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"

	minAgentID = 21 // shorter ids are not routed by the REST interface (agent-protocol.md §1.2)
	maxAgentID = 200
)

// ValidAgentID reports whether id can be an agent's identity: 21 to 200 ASCII letters, digits, hyphens or underscores.
// Agents themselves make 40 letters; the wider set keeps what existing installations may hold, and is always a single
// NATS subject token and URL path segment.
func ValidAgentID(id string) bool {
	if len(id) < minAgentID || len(id) > maxAgentID {
		return false
	}
	for i := range len(id) {
		c := id[i]
		letter := c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z'
		if !letter && (c < '0' || c > '9') && c != '-' && c != '_' {
			return false
		}
	}
	return true
}

// NewAgentID makes the identity of a new agent: 40 letters from a cryptographic generator.
func NewAgentID() (string, error) {
	id := make([]byte, 0, agentIDLength)
	var buf [2 * agentIDLength]byte
	for len(id) < agentIDLength {
		if _, err := rand.Read(buf[:]); err != nil {
			return "", fmt.Errorf("make agent id: %w", err)
		}
		for _, b := range buf {
			// 208 is the largest multiple of 52 below 256: without the cut some letters would be likelier.
			if b < 208 && len(id) < agentIDLength {
				id = append(id, agentIDLetters[int(b)%len(agentIDLetters)])
			}
		}
	}
	return string(id), nil
}
