package agentwire_test

import (
	"encoding/json"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/require"

	"github.com/gueencode/gueenrmm/proto/agentwire"
)

func FuzzDecodeCheckIn(f *testing.F) {
	for i, k := range agentwire.Kinds() {
		f.Add(uint8(i), []byte("\x81\xa8agent_id\xd9\x28"+id))
		f.Add(uint8(i), []byte(k))
	}
	f.Fuzz(func(t *testing.T, kind uint8, data []byte) {
		kinds := agentwire.Kinds()
		msg, err := agentwire.DecodeCheckIn(kinds[int(kind)%len(kinds)], data)
		if err != nil {
			return
		}
		require.True(t, agentwire.ValidAgentID(msg.Agent()))
		_, err = json.Marshal(msg)
		require.NoError(t, err)
		again, err := msg.Encode()
		require.NoError(t, err)
		_, err = agentwire.DecodeCheckIn(msg.Kind(), again)
		require.NoError(t, err)
	})
}

func FuzzDecodeCommand(f *testing.F) {
	f.Add([]byte("\x81\xa4func\xa4ping"))
	f.Add([]byte("\x82\xa4func\xa6rawcmd\xa7payload\x81\xa1a\xa1b"))
	f.Fuzz(func(t *testing.T, data []byte) {
		cmd, err := agentwire.DecodeCommand(data)
		if err != nil {
			return
		}
		again, err := cmd.Encode()
		require.NoError(t, err)
		got, err := agentwire.DecodeCommand(again)
		require.NoError(t, err)
		require.Equal(t, cmd.Func, got.Func)
		require.Equal(t, cmd.Timeout, got.Timeout)
	})
}

func FuzzDecodeReplies(f *testing.F) {
	f.Add([]byte("\xa4pong"))
	f.Add([]byte("\x91\x81\xa4name\xa1a"))
	f.Add([]byte("\x82\xa6stdout\xa1a\xa7retcode\xd1\x00\xc8"))
	f.Fuzz(func(t *testing.T, data []byte) {
		if s, err := agentwire.DecodeText(data); err == nil {
			require.True(t, utf8.ValidString(s))
			require.False(t, strings.ContainsRune(s, 0))
		}
		if v, err := agentwire.DecodeValue(data); err == nil {
			_, err = json.Marshal(v)
			require.NoError(t, err)
		}
		for _, decode := range []func([]byte) (any, error){
			func(b []byte) (any, error) { return agentwire.DecodeScriptResult(b) },
			func(b []byte) (any, error) { return agentwire.DecodeProcesses(b) },
			func(b []byte) (any, error) { return agentwire.DecodeServices(b) },
			func(b []byte) (any, error) { return agentwire.DecodeService(b) },
			func(b []byte) (any, error) { return agentwire.DecodeActionResult(b) },
			func(b []byte) (any, error) { return agentwire.DecodeSoftware(b) },
			func(b []byte) (any, error) { return agentwire.DecodeEventLog(b) },
			func(b []byte) (any, error) { return agentwire.DecodeTexts(b) },
			func(b []byte) (any, error) { return agentwire.DecodeBool(b) },
			func(b []byte) (any, error) { return agentwire.DecodeInt(b) },
		} {
			if v, err := decode(data); err == nil {
				_, err = json.Marshal(v)
				require.NoError(t, err)
			}
		}
	})
}

func FuzzDecodeFrames(f *testing.F) {
	f.Add([]byte("\xa4line"))
	f.Add([]byte("\x82\xa4done\xc3\xa9exit_code\x00"))
	f.Fuzz(func(t *testing.T, data []byte) {
		if o, err := agentwire.DecodeOutput(data); err == nil {
			require.True(t, utf8.ValidString(o.Line))
		}
		if o, err := agentwire.DecodeTerminal(data); err == nil {
			whole, rest := agentwire.SplitUTF8(o.Output)
			require.Equal(t, len(o.Output), len(whole)+len(rest))
			require.Less(t, len(rest), utf8.UTFMax)
		}
	})
}
