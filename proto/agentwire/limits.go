package agentwire

import "errors"

// Refusals of the decoders. They are wrapped with the message that was being decoded.
var (
	// ErrTooBig means that the message is larger than its kind may be, nested too deep, or has too many values.
	ErrTooBig = errors.New("message exceeds its limits")
	// ErrMalformed means that the bytes are not one complete MessagePack value.
	ErrMalformed = errors.New("malformed message")
	// ErrType means that a field has a type from which the wanted value cannot be made.
	ErrType = errors.New("unexpected type in message")
	// ErrAgentID means that a message lacks a well-formed agent id.
	ErrAgentID = errors.New("invalid agent id")
)

// MaxPayload is the largest NATS payload of the contract, in bytes (agent-protocol.md §8).
const MaxPayload = 64 << 20

// Limits bounds one message.
type Limits struct {
	Size  int // bytes
	Depth int // nested lists and maps
	Items int // values and keys in total
}

// Limits of the kinds of message. They are several times larger than what a busy machine sends.
var (
	limitsSmall   = Limits{Size: 16 << 10, Depth: 4, Items: 256}
	limitsCommand = Limits{Size: MaxPayload, Depth: 6, Items: 100_000}
	limitsLists   = Limits{Size: 16 << 20, Depth: 6, Items: 400_000}
	limitsTree    = Limits{Size: 16 << 20, Depth: 16, Items: 1_000_000}
	limitsText    = Limits{Size: MaxPayload, Depth: 1, Items: 1}
	limitsReply   = Limits{Size: MaxPayload, Depth: 16, Items: 2_000_000}
	limitsFrame   = Limits{Size: 1 << 20, Depth: 4, Items: 64}
)
