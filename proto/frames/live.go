package frames

import (
	"encoding/json"
	"fmt"
	"time"
)

// Operations and topics of /v1/ws.
const (
	Subscribe   = "subscribe"
	Unsubscribe = "unsubscribe"

	TopicAgents    = "agents"    // every agent of the caller's scope
	TopicAgent     = "agent"     // one agent, with results of its commands
	TopicEnrolment = "enrolment" // agents that arrive through one enrolment
)

// Events of /v1/ws.
const (
	EventRow      = "row"
	EventPresence = "presence"
	EventChecks   = "checks"
	EventRemoved  = "removed"
	EventEnrolled = "enrolled"
	EventResult   = "result"
	EventResync   = "resync" // something was missed: read again
)

// maxTopicID bounds the id of a topic.
const maxTopicID = 200

// Topic is what a client can subscribe to. ID is the agent's or the enrolment's; empty for TopicAgents.
type Topic struct {
	Name string
	ID   string
}

// LiveRequest is what a client of /v1/ws sends.
type LiveRequest struct {
	Op    string
	Topic Topic
}

// ParseLiveRequest decodes and checks the frame.
func ParseLiveRequest(data []byte) (LiveRequest, error) {
	var f struct {
		Op      string `json:"op"`
		Topic   string `json:"topic"`
		AgentID string `json:"agent_id"`
		ID      string `json:"id"`
	}
	if err := decode(data, &f); err != nil {
		return LiveRequest{}, err
	}
	r := LiveRequest{Op: f.Op, Topic: Topic{Name: f.Topic}}
	if f.Op != Subscribe && f.Op != Unsubscribe {
		return r, fmt.Errorf("%w: unknown op", ErrFrame)
	}
	switch f.Topic {
	case TopicAgents:
		return r, nil
	case TopicAgent:
		r.Topic.ID = f.AgentID
	case TopicEnrolment:
		r.Topic.ID = f.ID
	default:
		return r, fmt.Errorf("%w: unknown topic", ErrFrame)
	}
	if r.Topic.ID == "" || len(r.Topic.ID) > maxTopicID {
		return r, fmt.Errorf("%w: topic without its id", ErrFrame)
	}
	return r, nil
}

// LiveEvent is what the server sends.
type LiveEvent struct {
	Topic   string          `json:"topic,omitempty"`
	Event   string          `json:"event"`
	AgentID string          `json:"agent_id,omitempty"`
	Data    json.RawMessage `json:"data,omitempty"`
}

// AgentRow is the data of EventRow: a row of GET /v1/agents.
type AgentRow struct {
	ID               int32       `json:"id"`
	AgentID          string      `json:"agent_id"`
	Hostname         string      `json:"hostname"`
	Client           Named       `json:"client"`
	Site             Named       `json:"site"`
	MonitoringType   string      `json:"monitoring_type"`
	Plat             string      `json:"plat"`
	Goarch           *string     `json:"goarch"`
	Status           string      `json:"status"`
	Connected        bool        `json:"connected"`
	LastSeen         *time.Time  `json:"last_seen"`
	OperatingSystem  *string     `json:"operating_system"`
	Version          string      `json:"version"`
	LoggedInUsername *string     `json:"logged_in_username"`
	PublicIP         *string     `json:"public_ip"`
	LocalIPs         *string     `json:"local_ips"`
	Description      *string     `json:"description"`
	NeedsReboot      bool        `json:"needs_reboot"`
	MaintenanceMode  bool        `json:"maintenance_mode"`
	Checks           CheckCounts `json:"checks"`
	BootTime         *float64    `json:"boot_time"`
}

// Named is a client or site.
type Named struct {
	ID   int32  `json:"id"`
	Name string `json:"name"`
}

// CheckCounts are the counters of an agent's checks.
type CheckCounts struct {
	Total   int32 `json:"total"`
	Passing int32 `json:"passing"`
	Failing int32 `json:"failing"`
	Warning int32 `json:"warning"`
	Info    int32 `json:"info"`
	Pending int32 `json:"pending"`
}

// PresenceData is the data of EventPresence.
type PresenceData struct {
	Status    string     `json:"status"`
	Connected bool       `json:"connected"`
	LastSeen  *time.Time `json:"last_seen"`
	Version   string     `json:"version"`
}

// ChecksData is the data of EventChecks.
type ChecksData struct {
	Checks CheckCounts `json:"checks"`
}

// EnrolledData is the data of EventEnrolled.
type EnrolledData struct {
	EnrolmentID string `json:"enrolment_id,omitempty"`
	Hostname    string `json:"hostname"`
}

// ResultData is the data of EventResult.
type ResultData struct {
	What      string `json:"what"`
	HistoryID int64  `json:"history_id,omitempty"`
	CheckID   int32  `json:"check_id,omitempty"`
}
