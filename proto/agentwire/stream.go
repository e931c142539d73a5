package agentwire

import (
	"fmt"
	"unicode/utf8"
)

// MaxTerminalChunk is the largest piece of terminal output in one message, in bytes (agent-protocol.md §3.6).
const MaxTerminalChunk = 2048

// OutputFrame is one message of a streamed command: a line, the end, or both (agent-protocol.md §3.5).
type OutputFrame struct {
	Line     string
	HasLine  bool // a line may be empty
	Done     bool
	ExitCode int64
}

// outputEnd is the trailer of a streamed command.
type outputEnd struct {
	Done     bool  `msgpack:"done"`
	ExitCode int64 `msgpack:"exit_code"`
}

// EncodeOutputLine renders one line without its terminator.
func EncodeOutputLine(line string) ([]byte, error) { return marshal("output line", line) }

// EncodeOutputEnd renders the trailer of a streamed command or of a terminal session.
func EncodeOutputEnd(exitCode int64) ([]byte, error) {
	return marshal("output end", outputEnd{Done: true, ExitCode: exitCode})
}

// DecodeOutput decodes one message of a streamed command. Besides the two documented shapes it takes a map with line,
// done and exit_code.
func DecodeOutput(data []byte) (OutputFrame, error) {
	var f OutputFrame
	c, err := newCursor(data, limitsFrame)
	if err != nil {
		return f, fmt.Errorf("decode output: %w", err)
	}
	if c.isMap() {
		err = c.object(map[string]field{
			"line":      func(c *cursor) error { f.HasLine = true; return setText(&f.Line)(c) },
			"done":      setBool(&f.Done),
			"exit_code": setInt(&f.ExitCode),
		})
	} else {
		f.HasLine = true
		err = setText(&f.Line)(c)
	}
	if err != nil {
		return OutputFrame{}, fmt.Errorf("decode output: %w", err)
	}
	return f, nil
}

// TerminalFrame is one message of a terminal session: a chunk of bytes, a notice, or the end (agent-protocol.md §3.6).
// Output may end within a UTF-8 sequence: carry it over with SplitUTF8.
type TerminalFrame struct {
	Output    []byte
	Notice    bool // Output is a message for the user, not output of the shell
	SessionID string
	Done      bool
	ExitCode  int64
}

// terminalNotice is information or an error about a session.
type terminalNotice struct {
	Output    string `msgpack:"output"`
	SessionID string `msgpack:"session_id"`
	Done      bool   `msgpack:"done"`
	ExitCode  int64  `msgpack:"exit_code"`
}

// EncodeTerminalChunk renders output of the shell.
func EncodeTerminalChunk(chunk []byte) ([]byte, error) {
	return marshal("terminal chunk", string(chunk))
}

// EncodeTerminalInfo renders a message for the user that does not end the session.
func EncodeTerminalInfo(sessionID, text string) ([]byte, error) {
	return marshal("terminal notice", terminalNotice{Output: "[INFO] " + text + "\r\n", SessionID: sessionID})
}

// EncodeTerminalError renders the failure of a start; it ends the session.
func EncodeTerminalError(sessionID, text string) ([]byte, error) {
	return marshal("terminal notice",
		terminalNotice{Output: "[ERROR] " + text + "\r\n", SessionID: sessionID, Done: true, ExitCode: 1})
}

// DecodeTerminal decodes one message of a terminal session. Output is a copy.
func DecodeTerminal(data []byte) (TerminalFrame, error) {
	var f TerminalFrame
	c, err := newCursor(data, limitsFrame)
	if err != nil {
		return f, fmt.Errorf("decode terminal: %w", err)
	}
	if !c.isMap() {
		f.Output, err = c.bytes()
		if err != nil {
			return TerminalFrame{}, fmt.Errorf("decode terminal: %w", err)
		}
		return f, nil
	}
	err = c.object(map[string]field{
		"output": func(c *cursor) (err error) {
			f.Output, err = c.bytes()
			f.Notice = len(f.Output) > 0
			return err
		},
		"session_id": setText(&f.SessionID),
		"done":       setBool(&f.Done),
		"exit_code":  setInt(&f.ExitCode),
	})
	if err != nil {
		return TerminalFrame{}, fmt.Errorf("decode terminal: %w", err)
	}
	return f, nil
}

// SplitUTF8 cuts p into what can be shown now and an incomplete UTF-8 sequence at its end (at most 3 bytes) that has to
// be put in front of the next chunk. Bytes that can never become valid are left in the first part.
func SplitUTF8(p []byte) (whole, rest []byte) {
	for i := len(p) - 1; i >= 0 && i >= len(p)-utf8.UTFMax+1; i-- {
		if !utf8.RuneStart(p[i]) {
			continue
		}
		if p[i] >= utf8.RuneSelf && !utf8.FullRune(p[i:]) {
			return p[:i:i], p[i:]
		}
		break
	}
	return p, nil
}

// isMap looks at the first byte without moving.
func (c *cursor) isMap() bool {
	start := c.pos
	h, err := c.head()
	c.pos = start
	return err == nil && h.fam == famMap
}

// isEmpty looks at the first byte without moving: nil or a map without keys.
func (c *cursor) isEmpty() bool {
	start := c.pos
	h, err := c.head()
	c.pos = start
	return err == nil && (h.fam == famNil || h.fam == famMap && h.n == 0)
}

// bytes reads the raw family as it is; nil is empty.
func (c *cursor) bytes() ([]byte, error) {
	h, err := c.head()
	if err != nil {
		return nil, err
	}
	switch h.fam {
	case famNil:
		return nil, nil
	case famRaw:
		return append([]byte(nil), c.raw(h.n)...), nil
	default:
		return nil, fmt.Errorf("%w: bytes wanted", ErrType)
	}
}
