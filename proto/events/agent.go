// Package events defines the facts that services tell each other after a change is committed. A fact is a nudge: state is
// in the database, and a receiver that missed a fact reads it there. Facts are JSON and only gain fields.
package events

import (
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/gueencode/gueenrmm/proto/subjects"
)

// Kind says what happened to an agent. It is the last token of the fact's subject.
type Kind string

// The kinds of facts about an agent.
const (
	KindRow      Kind = "row"      // the agent's row or inventory changed
	KindPresence Kind = "presence" // it connected, disconnected, came online or went offline by age
	KindChecks   Kind = "checks"   // the state of one of its checks changed
	KindEnrolled Kind = "enrolled" // it is new
	KindRemoved  Kind = "removed"  // it was deleted: connections of it end at once
	KindDisabled Kind = "disabled" // it, or its token, was disabled or replaced: connections of it end at once
	KindResult   Kind = "result"   // a command or script finished
)

// maxFact bounds what a receiver decodes.
const maxFact = 64 << 10

// Agent is a fact about one agent.
type Agent struct {
	AgentID  string    `json:"agent_id"`
	Kind     Kind      `json:"kind"`
	At       time.Time `json:"at"`
	ClientID int32     `json:"client_id,omitempty"` // set on enrolled and removed; others look the placement up
	SiteID   int32     `json:"site_id,omitempty"`

	Presence  *Presence  `json:"presence,omitempty"`
	Result    *Result    `json:"result,omitempty"`
	Enrolment *Enrolment `json:"enrolment,omitempty"`
}

// Presence is the data of KindPresence.
type Presence struct {
	Connected bool `json:"connected"`
	// LastSeen is when the last hello arrived; nil when unknown to the sender.
	LastSeen *time.Time `json:"last_seen,omitempty"`
}

// Result is the data of KindResult: where to read the outcome.
type Result struct {
	HistoryID int64  `json:"history_id,omitempty"`
	CheckID   int32  `json:"check_id,omitempty"`
	What      string `json:"what"` // "command", "script", "task"
}

// Enrolment is the data of KindEnrolled.
type Enrolment struct {
	ID       string `json:"id,omitempty"` // the enrolment of POST /v1/enrolments the agent came with
	Hostname string `json:"hostname"`
}

// Subject returns where the fact is published.
func (a Agent) Subject() string { return subjects.AgentFact(a.AgentID, string(a.Kind)) }

// RowChanged says that the agent's row or inventory changed.
func RowChanged(agentID string, at time.Time) Agent {
	return Agent{AgentID: agentID, Kind: KindRow, At: at}
}

// ChecksChanged says that the state of a check of the agent changed.
func ChecksChanged(agentID string, at time.Time) Agent {
	return Agent{AgentID: agentID, Kind: KindChecks, At: at}
}

// PresenceChanged says that the agent came or went.
func PresenceChanged(agentID string, at time.Time, p Presence) Agent {
	return Agent{AgentID: agentID, Kind: KindPresence, At: at, Presence: &p}
}

// Enrolled says that an agent is new; enrolmentID may be empty.
func Enrolled(agentID, enrolmentID, hostname string, clientID, siteID int32, at time.Time) Agent {
	return Agent{
		AgentID: agentID, Kind: KindEnrolled, At: at, ClientID: clientID, SiteID: siteID,
		Enrolment: &Enrolment{ID: enrolmentID, Hostname: hostname},
	}
}

// Removed says that an agent was deleted.
func Removed(agentID string, clientID, siteID int32, at time.Time) Agent {
	return Agent{AgentID: agentID, Kind: KindRemoved, At: at, ClientID: clientID, SiteID: siteID}
}

// Disabled says that the agent or its token may no longer be used.
func Disabled(agentID string, at time.Time) Agent {
	return Agent{AgentID: agentID, Kind: KindDisabled, At: at}
}

// Finished says that a command or script of the agent has its outcome.
func Finished(agentID string, at time.Time, r Result) Agent {
	return Agent{AgentID: agentID, Kind: KindResult, At: at, Result: &r}
}

// ParseAgent decodes a fact about an agent. The subject decides whom it concerns.
func ParseAgent(subject string, data []byte) (Agent, error) {
	var a Agent
	id, kind, ok := subjects.ParseAgentFact(subject)
	if !ok {
		return a, fmt.Errorf("fact subject %q is not about an agent", subject)
	}
	if err := decode(data, &a); err != nil {
		return a, err
	}
	if a.AgentID != id || string(a.Kind) != kind {
		return a, errors.New("fact does not say what its subject says")
	}
	return a, nil
}

func decode(data []byte, v any) error {
	if len(data) > maxFact {
		return errors.New("fact is too large")
	}
	if err := json.Unmarshal(data, v); err != nil {
		return fmt.Errorf("decode fact: %w", err)
	}
	return nil
}
