package agentwire_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gueencode/gueenrmm/proto/agentwire"
)

func TestOutputFrames(t *testing.T) {
	t.Parallel()

	line, err := agentwire.EncodeOutputLine("")
	require.NoError(t, err)
	f, err := agentwire.DecodeOutput(line)
	require.NoError(t, err)
	require.Equal(t, agentwire.OutputFrame{HasLine: true}, f)

	f, err = agentwire.DecodeOutput(pack(t, map[string]any{"line": "x", "done": true, "exit_code": 3}))
	require.NoError(t, err)
	require.Equal(t, agentwire.OutputFrame{Line: "x", HasLine: true, Done: true, ExitCode: 3}, f)
}

func TestTerminalFrames(t *testing.T) {
	t.Parallel()

	chunk, err := agentwire.EncodeTerminalChunk([]byte("a\xe2\x82"))
	require.NoError(t, err)
	f, err := agentwire.DecodeTerminal(chunk)
	require.NoError(t, err)
	require.Equal(t, agentwire.TerminalFrame{Output: []byte("a\xe2\x82")}, f)

	info, err := agentwire.EncodeTerminalInfo("s", "hello")
	require.NoError(t, err)
	f, err = agentwire.DecodeTerminal(info)
	require.NoError(t, err)
	require.Equal(t, agentwire.TerminalFrame{Output: []byte("[INFO] hello\r\n"), Notice: true, SessionID: "s"}, f)

	bad, err := agentwire.EncodeTerminalError("s", "no shell")
	require.NoError(t, err)
	f, err = agentwire.DecodeTerminal(bad)
	require.NoError(t, err)
	require.True(t, f.Done)
	require.Equal(t, int64(1), f.ExitCode)

	end, err := agentwire.EncodeOutputEnd(137)
	require.NoError(t, err)
	f, err = agentwire.DecodeTerminal(end)
	require.NoError(t, err)
	require.Equal(t, agentwire.TerminalFrame{Done: true, ExitCode: 137}, f)
}

func TestSplitUTF8(t *testing.T) {
	t.Parallel()

	for _, c := range []struct{ in, whole, rest string }{
		{"", "", ""},
		{"abc", "abc", ""},
		{"a€", "a€", ""},
		{"a\xe2\x82", "a", "\xe2\x82"},
		{"a\xf0\x9f\x98", "a", "\xf0\x9f\x98"},
		{"a\xc3", "a", "\xc3"},
		{"\xff\xff\xff\xff", "\xff\xff\xff\xff", ""},
		{"a\x80\x80\x80\x80", "a\x80\x80\x80\x80", ""},
	} {
		whole, rest := agentwire.SplitUTF8([]byte(c.in))
		require.Equal(t, c.whole, string(whole), "%q", c.in)
		require.Equal(t, c.rest, string(rest), "%q", c.in)
	}
}
