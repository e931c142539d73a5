package remote

import (
	"encoding/json"
	"errors"
	"fmt"

	"github.com/gueencode/gueenrmm/proto/agentwire"
)

// ErrReply says that an agent's answer does not have the shape that was asked for.
var ErrReply = errors.New("agent's answer has an unexpected shape")

// Reply is an agent's answer. Decoding is lenient: text with broken UTF-8 is repaired, never refused (agent-protocol.md §2.1).
type Reply struct{ data []byte }

// NewReply wraps the wire form of an answer; fakes of a Commander use it.
func NewReply(data []byte) Reply { return Reply{data: data} }

// Bytes returns the wire form.
func (r Reply) Bytes() []byte { return r.data }

// Text returns the answer as text; an answer that is not text is rendered as JSON, one that cannot be decoded is empty.
func (r Reply) Text() string {
	if s, err := agentwire.DecodeText(r.data); err == nil {
		return s
	}
	v, err := agentwire.DecodeValue(r.data)
	if err != nil {
		return ""
	}
	s, err := json.Marshal(v)
	if err != nil {
		return ""
	}
	return string(s)
}

// Value returns the answer in its free shape, see agentwire.DecodeValue.
func (r Reply) Value() (any, error) {
	v, err := agentwire.DecodeValue(r.data)
	if err != nil {
		return nil, errors.Join(ErrReply, err)
	}
	return v, nil
}

// Decode reads the answer into v. The reply types of agentwire are read field by field; any other v gets the value by way
// of JSON.
func (r Reply) Decode(v any) error {
	err := r.decode(v)
	if err != nil {
		return errors.Join(ErrReply, err)
	}
	return nil
}

func (r Reply) decode(v any) error {
	switch v := v.(type) {
	case *string:
		return into(v, r.data, agentwire.DecodeText)
	case *bool:
		return into(v, r.data, agentwire.DecodeBool)
	case *int64:
		return into(v, r.data, agentwire.DecodeInt)
	case *[]string:
		return into(v, r.data, agentwire.DecodeTexts)
	case *agentwire.ScriptResult:
		return into(v, r.data, agentwire.DecodeScriptResult)
	case *agentwire.ActionResult:
		return into(v, r.data, agentwire.DecodeActionResult)
	case *agentwire.Service:
		return into(v, r.data, agentwire.DecodeService)
	case *[]agentwire.Service:
		return into(v, r.data, agentwire.DecodeServices)
	case *[]agentwire.Process:
		return into(v, r.data, agentwire.DecodeProcesses)
	case *[]agentwire.Software:
		return into(v, r.data, agentwire.DecodeSoftware)
	case *[]agentwire.EventLogEntry:
		return into(v, r.data, agentwire.DecodeEventLog)
	case *any:
		return into(v, r.data, agentwire.DecodeValue)
	}
	value, err := agentwire.DecodeValue(r.data)
	if err != nil {
		return err
	}
	data, err := json.Marshal(value)
	if err != nil {
		return fmt.Errorf("render answer: %w", err)
	}
	if err := json.Unmarshal(data, v); err != nil {
		return fmt.Errorf("read answer into %T: %w", v, err)
	}
	return nil
}

func into[T any](dst *T, data []byte, decode func([]byte) (T, error)) error {
	v, err := decode(data)
	if err != nil {
		return err
	}
	*dst = v
	return nil
}
