package frames

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
)

// Actions of /ws/agent/<id>/terminal/<session>/ (agent-protocol.md §7.3).
const (
	TerminalStart  = "start"
	TerminalInput  = "input"
	TerminalResize = "resize"
	TerminalKill   = "kill"
)

// Codes of terminal errors and notices.
const (
	CodeInvalidShell = "invalid_shell"
	CodeStartFailed  = "terminal_start_failed"
	CodeFallback     = "terminal_fallback"
)

const maxScreen = 1000 // rows or columns

// TerminalAction is what a browser asks of a terminal. Fields of other actions are zero.
type TerminalAction struct {
	Action    string
	Shell     string
	RunAsUser bool
	Data      string
	Rows      int
	Cols      int
}

// ParseTerminalAction decodes the frame. An action that is not known is returned as it is; a screen size that makes no
// sense is refused.
func ParseTerminalAction(data []byte) (TerminalAction, error) {
	var f struct {
		Action    string          `json:"action"`
		Shell     *string         `json:"shell"`
		RunAsUser *bool           `json:"run_as_user"`
		Data      *string         `json:"data"`
		Rows      json.RawMessage `json:"rows"`
		Cols      json.RawMessage `json:"cols"`
	}
	if err := decode(data, &f); err != nil {
		return TerminalAction{}, err
	}
	a := TerminalAction{Action: f.Action}
	switch f.Action {
	case TerminalStart:
		if f.Shell != nil {
			a.Shell = strings.TrimSpace(*f.Shell)
		}
		a.RunAsUser = f.RunAsUser != nil && *f.RunAsUser
	case TerminalInput:
		if f.Data != nil {
			a.Data = *f.Data
		}
	case TerminalResize:
		var ok1, ok2 bool
		a.Rows, ok1 = screen(f.Rows)
		a.Cols, ok2 = screen(f.Cols)
		if !ok1 || !ok2 {
			return TerminalAction{}, fmt.Errorf("%w: bad screen size", ErrFrame)
		}
	}
	return a, nil
}

func screen(raw json.RawMessage) (int, bool) {
	n, err := strconv.Atoi(strings.Trim(string(raw), `"`))
	return n, err == nil && n > 0 && n <= maxScreen
}

// TerminalOutput is output of a terminal session.
type TerminalOutput struct {
	Action string             `json:"action"`
	Data   TerminalOutputData `json:"data"`
}

// TerminalOutputData is its content; MessageID counts up per socket.
type TerminalOutputData struct {
	Output    string `json:"output"`
	SessionID string `json:"session_id"`
	ExitCode  *int64 `json:"exit_code"`
	Done      bool   `json:"done"`
	MessageID string `json:"messageId"`
}

// NewTerminalOutput returns the frame.
func NewTerminalOutput(d TerminalOutputData) TerminalOutput {
	return TerminalOutput{Action: "trmmcli.output", Data: d}
}

// TerminalError says why a terminal did not start.
type TerminalError struct {
	Action string `json:"action"`
	Error  string `json:"error"`
	Code   string `json:"code"`
}

// NewTerminalError returns the frame.
func NewTerminalError(text, code string) TerminalError {
	return TerminalError{Action: "terminal_error", Error: text, Code: code}
}

// TerminalInfo tells something about a running terminal.
type TerminalInfo struct {
	Action  string `json:"action"`
	Message string `json:"message"`
	Code    string `json:"code"`
}

// NewTerminalInfo returns the frame.
func NewTerminalInfo(message string) TerminalInfo {
	return TerminalInfo{Action: "terminal_info", Message: message, Code: CodeFallback}
}
