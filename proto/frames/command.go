package frames

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"

	"github.com/gueencode/gueenrmm/proto/subjects"
)

// Bounds of a command's own time limit, in seconds.
const (
	defaultTimeout = 30
	maxTimeout     = 24 * 60 * 60
)

// maxCommandID bounds the id that a browser chooses for a command.
const maxCommandID = 64

// RunCommand asks /ws/agent/<id>/cmd/ to run a command (agent-protocol.md §7.2).
type RunCommand struct {
	Command   string
	Shell     string // the shell to use: custom_shell already taken into account
	RunAsUser bool
	Timeout   int    // seconds
	CommandID string // empty: the server chooses
}

// ParseRunCommand decodes the frame. What has no command or a time limit that is no number is refused.
func ParseRunCommand(data []byte) (RunCommand, error) {
	var f struct {
		Command     *string         `json:"cmd"`
		Shell       *string         `json:"shell"`
		CustomShell *string         `json:"custom_shell"`
		RunAsUser   *bool           `json:"run_as_user"`
		Timeout     json.RawMessage `json:"timeout"`
		CommandID   *string         `json:"cmd_id"`
	}
	if err := decode(data, &f); err != nil {
		return RunCommand{}, err
	}
	if f.Command == nil || strings.TrimSpace(*f.Command) == "" {
		return RunCommand{}, fmt.Errorf("%w: no command", ErrFrame)
	}
	c := RunCommand{Command: *f.Command, Shell: "cmd"}
	if f.Shell != nil && *f.Shell != "" {
		c.Shell = *f.Shell
	}
	if c.Shell == "custom" && f.CustomShell != nil && *f.CustomShell != "" {
		c.Shell = *f.CustomShell
	}
	if f.RunAsUser != nil {
		c.RunAsUser = *f.RunAsUser
	}
	if f.CommandID != nil && *f.CommandID != "" {
		if len(*f.CommandID) > maxCommandID || !subjects.ValidToken(*f.CommandID) {
			return RunCommand{}, fmt.Errorf("%w: bad cmd_id", ErrFrame)
		}
		c.CommandID = *f.CommandID
	}
	var err error
	c.Timeout, err = seconds(f.Timeout)
	return c, err
}

// seconds reads a whole number or a text that holds one.
func seconds(raw json.RawMessage) (int, error) {
	text := strings.Trim(strings.TrimSpace(string(raw)), `"`)
	if text == "" || text == "null" {
		return defaultTimeout, nil
	}
	n, err := strconv.ParseFloat(text, 64)
	if err != nil || n != n || n < 0 || n > maxTimeout {
		return 0, fmt.Errorf("%w: bad timeout", ErrFrame)
	}
	return max(1, int(n)), nil
}

// CommandStarted is the first answer to a command.
type CommandStarted struct {
	CommandID string `json:"cmd_id"`
}

// CommandOutput is a piece of output, the end, or both. Failures are output that begins with "[ERROR] ".
type CommandOutput struct {
	CommandID string  `json:"cmd_id"`
	Output    *string `json:"output,omitempty"`
	Done      bool    `json:"done,omitempty"`
	ExitCode  *int64  `json:"exit_code,omitempty"`
}
