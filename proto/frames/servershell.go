package frames

import (
	"encoding/json"
	"fmt"
)

// Actions of /ws/trmmcli/ (agent-protocol.md §7.4).
const (
	ServerShellInput      = "trmmcli.input"
	ServerShellResize     = "trmmcli.resize"
	ServerShellDisconnect = "trmmcli.disconnect"
)

// CloseShellEnded says that the server's shell has ended.
const CloseShellEnded = 4030

// ServerShellAction is what a browser asks of the server's terminal. Fields of other actions are zero.
type ServerShellAction struct {
	Action string
	Input  string
	Rows   int
	Cols   int
}

// ParseServerShellAction decodes the frame. An action that is not known and a screen size that makes no sense are refused.
func ParseServerShellAction(data []byte) (ServerShellAction, error) {
	var f struct {
		Action string `json:"action"`
		Data   struct {
			Input *string         `json:"input"`
			Rows  json.RawMessage `json:"rows"`
			Cols  json.RawMessage `json:"cols"`
		} `json:"data"`
	}
	if err := decode(data, &f); err != nil {
		return ServerShellAction{}, err
	}
	a := ServerShellAction{Action: f.Action}
	switch f.Action {
	case ServerShellDisconnect:
	case ServerShellInput:
		if f.Data.Input != nil {
			a.Input = *f.Data.Input
		}
	case ServerShellResize:
		var ok1, ok2 bool
		a.Rows, ok1 = screen(f.Data.Rows)
		a.Cols, ok2 = screen(f.Data.Cols)
		if !ok1 || !ok2 {
			return ServerShellAction{}, fmt.Errorf("%w: bad screen size", ErrFrame)
		}
	default:
		return ServerShellAction{}, fmt.Errorf("%w: unknown action", ErrFrame)
	}
	return a, nil
}

// ServerShellOutput is output of the server's terminal.
type ServerShellOutput struct {
	Action string                `json:"action"`
	Data   ServerShellOutputData `json:"data"`
}

// ServerShellOutputData is its content. The last one, after a disconnect, has no MessageID.
type ServerShellOutputData struct {
	Output    string `json:"output"`
	MessageID string `json:"messageId,omitempty"`
}

// NewServerShellOutput returns the frame.
func NewServerShellOutput(output, messageID string) ServerShellOutput {
	return ServerShellOutput{Action: "trmmcli.output", Data: ServerShellOutputData{Output: output, MessageID: messageID}}
}
