package agentwire_test

import (
	"encoding/hex"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gueencode/gueenrmm/proto/agentwire"
)

// unhex turns the notation of agent-protocol.md §2.2 into bytes.
func unhex(t *testing.T, s string) []byte {
	t.Helper()
	b, err := hex.DecodeString(strings.Join(strings.Fields(s), ""))
	require.NoError(t, err)
	return b
}

const (
	hexHello  = "82 a86167656e745f6964 a3416243 a776657273696f6e a5322e392e31"
	hexRawCmd = `85 a466756e63 a6726177636d64 a774696d656f7574 1e a77061796c6f6164 82 a7636f6d6d616e64 a26c73
		a57368656c6c a92f62696e2f62617368 ab72756e5f61735f75736572 c2 a26964 07`
	hexScript = `85 a67374646f7574 a161 a6737464657272 a162 a7726574636f6465 00
		ae657865637574696f6e5f74696d65 cb3fd0000000000000 a26964 07`
	hexDisks = `82 a86167656e745f6964 a141 a56469736b73 91 86 a6646576696365 a2433a a6667374797065 a44e544653
		a5746f74616c a6312e30204742 a475736564 a6302e35204742 a466726565 a6302e35204742 a770657263656e74 32`
	hexEnd = "82 a4646f6e65 c3 a9657869745f636f6465 00"
)

func TestWorkedExamplesDecode(t *testing.T) {
	t.Parallel()

	text, err := agentwire.DecodeText(unhex(t, "a4 706f6e67"))
	require.NoError(t, err)
	require.Equal(t, "pong", text)

	cmd, err := agentwire.DecodeCommand(unhex(t, "81 a466756e63 a470696e67"))
	require.NoError(t, err)
	require.Equal(t, agentwire.Command{Func: "ping"}, cmd)

	cmd, err = agentwire.DecodeCommand(unhex(t, hexRawCmd))
	require.NoError(t, err)
	require.Equal(t, agentwire.Command{
		Func: "rawcmd", Timeout: 30, ID: 7, Payload: map[string]string{"command": "ls", "shell": "/bin/bash"},
	}, cmd)

	hello, err := agentwire.DecodeHello(unhex(t, hexHello))
	require.NoError(t, err)
	require.Equal(t, agentwire.Hello{AgentID: "AbC", Version: "2.9.1"}, hello)

	script, err := agentwire.DecodeScriptResult(unhex(t, hexScript))
	require.NoError(t, err)
	require.Equal(t, agentwire.ScriptResult{Stdout: "a", Stderr: "b", ExecutionTime: 0.25, ID: 7}, script)

	disks, err := agentwire.DecodeDisks(unhex(t, hexDisks))
	require.NoError(t, err)
	require.Equal(t, agentwire.Disks{AgentID: "A", Disks: []agentwire.Disk{{
		Device: "C:", FSType: "NTFS", Total: "1.0 GB", Used: "0.5 GB", Free: "0.5 GB", Percent: 50,
	}}}, disks)

	end, err := agentwire.DecodeOutput(unhex(t, hexEnd))
	require.NoError(t, err)
	require.Equal(t, agentwire.OutputFrame{Done: true}, end)

	long := strings.Repeat("x", 32)
	text, err = agentwire.DecodeText(append([]byte{0xda, 0x00, 0x20}, long...))
	require.NoError(t, err)
	require.Equal(t, long, text)
}

// What we write is byte for byte what the contract shows, except where it shows the old string header.
func TestWorkedExamplesEncode(t *testing.T) {
	t.Parallel()

	for name, c := range map[string]struct {
		value any
		want  string
	}{
		"pong":   {"pong", "a4 706f6e67"},
		"ok":     {"ok", "a2 6f6b"},
		"hello":  {agentwire.Hello{AgentID: "AbC", Version: "2.9.1"}, hexHello},
		"script": {agentwire.ScriptResult{Stdout: "a", Stderr: "b", ExecutionTime: 0.25, ID: 7}, hexScript},
		"disks": {agentwire.Disks{AgentID: "A", Disks: []agentwire.Disk{{
			Device: "C:", FSType: "NTFS", Total: "1.0 GB", Used: "0.5 GB", Free: "0.5 GB", Percent: 50,
		}}}, hexDisks},
	} {
		got, err := agentwire.EncodeValue(c.value)
		require.NoError(t, err, name)
		require.Equal(t, unhex(t, c.want), got, name)
	}
	got, err := agentwire.EncodeOutputEnd(0)
	require.NoError(t, err)
	require.Equal(t, unhex(t, hexEnd), got)

	got, err = agentwire.Command{
		Func: "rawcmd", Timeout: 30, ID: 7, Payload: map[string]string{"command": "ls", "shell": "/bin/bash"},
	}.Encode()
	require.NoError(t, err)
	require.Equal(t, unhex(t, hexRawCmd), got)
}
