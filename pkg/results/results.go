// Package results carries what agents report from the api to the database without losing anything: the Publisher answers
// an agent only when JetStream has stored its result, and the Consumer, shared by the replicas of natsapi, writes results
// in batches, each in one transaction with everything that follows from it, and acknowledges after the commit.
//
// A result may be delivered more than once (a retry of the agent, a crash between commit and acknowledgement): the message
// id in applied_results makes the second delivery harmless. A result that can never be applied is parked with its reason
// in parked_results, so that it does not hold up the others.
package results

import (
	"fmt"
	"strings"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/gueencode/gueenrmm/pkg/platform/log"
	"github.com/gueencode/gueenrmm/proto/subjects"
)

// Kind is what a result is about; it is part of the message's subject.
type Kind string

// The kinds of result.
const (
	KindCheck    Kind = "check"
	KindTask     Kind = "task"
	KindHistory  Kind = "history"  // the outcome of a command or script (agent-protocol.md §4.8)
	KindSoftware Kind = "software" // the list of installed software
)

// Headers of a message besides Nats-Msg-Id.
const (
	headerRef     = "Gueen-Ref"     // key of the row that the result is for, where the body does not say
	headerApplied = "Gueen-Applied" // where to tell that the result is in the database
	// headerReceived is when the stream took it first, on a result that was parked and is tried again.
	headerReceived = "Gueen-Received"
)

// MaxBody bounds the body of one result.
const MaxBody = 32 << 20

// maxResultID bounds the id that an agent gives its result.
const maxResultID = 100

// messageID makes the id under which a result is applied once: the agent's own id for it, bound to the agent and the kind,
// so that no agent can suppress another's result.
func messageID(kind Kind, agentID, resultID string) string {
	return fmt.Sprintf("%s:%s:%s", agentID, kind, resultID)
}

// ValidResultID says whether an agent's id for a result can be used: short and printable.
func ValidResultID(id string) bool {
	return id != "" && len(id) <= maxResultID && strings.IndexFunc(id, func(r rune) bool { return r <= ' ' || r > '~' }) < 0
}

// Message is a result as handlers get it. AgentPK is looked up from the subject's agent id, never taken from the message.
type Message struct {
	ID       string
	Kind     Kind
	AgentID  string
	AgentPK  int32
	Ref      string
	Body     []byte
	Received time.Time // when the stream took it
	// RequestID is that of the request which brought the result, or "".
	RequestID string
}

// parse reads a stored message; the error says what is wrong with it.
func parse(m jetstream.Msg) (Message, error) {
	out := Message{Body: m.Data(), ID: m.Headers().Get(nats.MsgIdHdr), Ref: m.Headers().Get(headerRef), RequestID: m.Headers().Get(log.RequestIDHeader)}
	meta, err := m.Metadata()
	if err != nil {
		return out, fmt.Errorf("metadata: %w", err)
	}
	out.Received = meta.Timestamp
	if text := m.Headers().Get(headerReceived); text != "" {
		if at, err := time.Parse(time.RFC3339Nano, text); err == nil && at.Before(meta.Timestamp) {
			out.Received = at
		}
	}
	if out.ID == "" {
		out.ID = fmt.Sprintf("stream:%d:%d", meta.Timestamp.UnixNano(), meta.Sequence.Stream)
	}
	kind, agentID, ok := subjects.ParseResult(m.Subject())
	if !ok {
		return out, fmt.Errorf("subject is not one of a result")
	}
	out.Kind, out.AgentID = Kind(kind), agentID
	return out, nil
}
