package agentwire_test

import (
	"encoding/json"
	"math"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"github.com/vmihailenco/msgpack/v5"

	"github.com/gueencode/gueenrmm/proto/agentwire"
)

const id = "AbCdEfGhIjKlMnOpQrStUvWxYzAbCdEfGhIjKlMn"

func pack(t *testing.T, v any) []byte {
	t.Helper()
	b, err := msgpack.Marshal(v)
	require.NoError(t, err)
	return b
}

func TestEveryCheckInSurvivesItsRoundTrip(t *testing.T) {
	t.Parallel()

	for _, msg := range []agentwire.CheckIn{
		agentwire.Hello{AgentID: id, Version: "2.11.0"},
		agentwire.AgentInfo{AgentID: id, Hostname: "h", OperatingSystem: strings.Repeat("o", 300), Platform: "linux", TotalRAM: 16, BootTime: 1_700_000_000, NeedsReboot: true, GoArch: "arm64"},
		agentwire.Disks{AgentID: id, Disks: []agentwire.Disk{{Device: "/dev/sda1", Percent: 99}}},
		agentwire.WinServices{AgentID: id, Services: []agentwire.Service{{Name: "s", PID: math.MaxUint32, AutoDelay: true}}},
		agentwire.PublicIP{AgentID: id, PublicIP: "192.0.2.1"},
		agentwire.WMI{AgentID: id, WMI: map[string]any{"bios": []any{[]any{map[string]any{"SerialNumber": "x", "n": 1.5}}}}},
	} {
		data, err := msg.Encode()
		require.NoError(t, err)
		got, err := agentwire.DecodeCheckIn(msg.Kind(), data)
		require.NoError(t, err)
		require.Equal(t, msg, got)
		kind, ok := agentwire.ParseKind(string(msg.Kind()))
		require.True(t, ok)
		require.Equal(t, msg.Kind(), kind)
	}
	require.Len(t, agentwire.Kinds(), 6)
	_, ok := agentwire.ParseKind("_INBOX.abc")
	require.False(t, ok)
}

func TestDecodersAreLenientWhereOldAgentsDiffer(t *testing.T) {
	t.Parallel()

	info, err := agentwire.DecodeAgentInfo(pack(t, map[string]any{
		"agent_id": []byte(id), "hostname": "caf\xe9\x00!", "total_ram": int16(8), "boot_time": 1.7e9,
		"needs_reboot": nil, "logged_in_username": nil, "future": map[string]any{"a": []any{1, "x"}},
	}))
	require.NoError(t, err)
	require.Equal(t, id, info.AgentID)
	require.Equal(t, "caf\uFFFD!", info.Hostname)
	require.InDelta(t, 8.0, info.TotalRAM, 0)
	require.Equal(t, int64(1_700_000_000), info.BootTime)

	disks, err := agentwire.DecodeDisks(pack(t, map[string]any{"agent_id": id, "disks": nil}))
	require.NoError(t, err)
	require.Equal(t, []agentwire.Disk{}, disks.Disks)

	// 200 in the signed family, as old agents write it.
	n, err := agentwire.DecodeInt([]byte{0xd1, 0x00, 0xc8})
	require.NoError(t, err)
	require.Equal(t, int64(200), n)
	n, err = agentwire.DecodeInt([]byte{0xd0, 0xdf})
	require.NoError(t, err)
	require.Equal(t, int64(-33), n)

	cmd, err := agentwire.DecodeCommand(pack(t, map[string]any{"func": "rawcmd", "timeout": "30", "payload": map[string]any{"days": 3, "x": nil}}))
	require.NoError(t, err)
	require.Equal(t, 30, cmd.Timeout)
	require.Equal(t, map[string]string{"days": "3", "x": ""}, cmd.Payload)
}

func TestWMICanAlwaysBeRenderedAsJSON(t *testing.T) {
	t.Parallel()

	m, err := agentwire.DecodeWMI(pack(t, map[string]any{"agent_id": id, "wmi": map[any]any{
		"nan": math.NaN(), "inf": math.Inf(1), 5: "five", "text": "a\xffb\x00", "big": uint64(math.MaxUint64), "nil": nil,
	}}))
	require.NoError(t, err)
	out, err := json.Marshal(m.WMI)
	require.NoError(t, err)
	require.NotContains(t, string(out), `\u0000`)
	require.Equal(t, "five", m.WMI["5"])
}

// Not parallel: it counts allocations of the whole process.
//
//nolint:paralleltest // see above
func TestHostileMessagesAreRefusedCheaply(t *testing.T) {
	for name, data := range map[string][]byte{
		"empty":            {},
		"truncated":        {0x82, 0xa8},
		"trailing":         {0xc0, 0xc0},
		"reserved code":    {0xc1},
		"huge list":        {0xdd, 0xff, 0xff, 0xff, 0xff},
		"huge map":         {0xdf, 0xff, 0xff, 0xff, 0xff},
		"huge raw":         {0xdb, 0xff, 0xff, 0xff, 0xff},
		"huge extension":   {0xc9, 0xff, 0xff, 0xff, 0xff, 0x01},
		"deep":             append(make([]byte, 0, 200), append([]byte(strings.Repeat("\x91", 100)), 0xc0)...),
		"list for a map":   {0x90},
		"too many values":  append([]byte{0xdc, 0x7f, 0xff}, make([]byte, 0x7fff)...),
		"oversized":        append([]byte{0x81, 0xa1, 'x', 0xda, 0x7f, 0xff}, make([]byte, 0x7fff)...),
		"wrong field type": append([]byte{0x81, 0xa7}, append([]byte("version"), 0x80)...),
	} {
		_, err := agentwire.DecodeHello(data)
		require.Error(t, err, name)
		allocs := testing.AllocsPerRun(10, func() { _, err = agentwire.DecodeHello(data) })
		require.Error(t, err, name)
		require.Less(t, allocs, 40.0, name)
	}
	_, err := agentwire.DecodeCheckIn(agentwire.KindHello, pack(t, map[string]any{"agent_id": "x.y", "version": "1"}))
	require.ErrorIs(t, err, agentwire.ErrAgentID)
	_, err = agentwire.DecodeCheckIn("nope", nil)
	require.Error(t, err)
}

func TestAWronglyTypedCommandStillTellsItsFunction(t *testing.T) {
	t.Parallel()

	cmd, err := agentwire.DecodeCommand([]byte("\x82\xa4func\xa6rawcmd\xa7timeout\x90"))
	require.ErrorIs(t, err, agentwire.ErrType)
	require.Equal(t, "rawcmd", cmd.Func)
}

func TestRepliesDecode(t *testing.T) {
	t.Parallel()

	procs, err := agentwire.DecodeProcesses(pack(t, []any{map[string]any{"name": "a", "pid": 3, "membytes": uint64(1) << 40, "cpu_percent": "0.1"}, nil}))
	require.NoError(t, err)
	require.Equal(t, []agentwire.Process{{Name: "a", PID: 3, MemBytes: 1 << 40, CPUPercent: "0.1"}}, procs)

	svcs, err := agentwire.DecodeServices(pack(t, nil))
	require.NoError(t, err)
	require.Equal(t, []agentwire.Service{}, svcs)

	act, err := agentwire.DecodeActionResult(pack(t, map[string]any{"success": false, "errormsg": "/na"}))
	require.NoError(t, err)
	require.Equal(t, agentwire.ActionResult{ErrorMsg: "/na"}, act)

	names, err := agentwire.DecodeTexts(pack(t, []string{"a", "b"}))
	require.NoError(t, err)
	require.Equal(t, []string{"a", "b"}, names)

	yes, err := agentwire.DecodeBool([]byte{0xc3})
	require.NoError(t, err)
	require.True(t, yes)

	code, err := agentwire.DecodeScriptResult(pack(t, map[string]any{"retcode": uint32(math.MaxUint32)}))
	require.NoError(t, err)
	require.Equal(t, int64(math.MaxUint32), code.RetCode)
}

func TestAgentIDs(t *testing.T) {
	t.Parallel()

	seen := map[string]bool{}
	for range 100 {
		got, err := agentwire.NewAgentID()
		require.NoError(t, err)
		require.Len(t, got, 40)
		require.True(t, agentwire.ValidAgentID(got))
		require.False(t, seen[got])
		seen[got] = true
	}
	for _, bad := range []string{"", "short", strings.Repeat("a", 201), strings.Repeat("a", 30) + ".", strings.Repeat("a", 30) + "*", strings.Repeat("é", 20)} {
		require.False(t, agentwire.ValidAgentID(bad), bad)
	}
}

func TestHTTPBodies(t *testing.T) {
	t.Parallel()

	var req agentwire.NewAgentRequest
	require.NoError(t, json.Unmarshal([]byte(`{"site":"3"}`), &req))
	require.Equal(t, agentwire.FlexInt(3), req.Site)
	require.NoError(t, json.Unmarshal([]byte(`{"site":4}`), &req))
	require.Equal(t, agentwire.FlexInt(4), req.Site)
	require.Error(t, json.Unmarshal([]byte(`{"site":"x"}`), &req))

	require.False(t, agentwire.Config{}.Valid())
	out, err := json.Marshal(agentwire.Config{})
	require.NoError(t, err)
	var keys map[string]any
	require.NoError(t, json.Unmarshal(out, &keys))
	require.Len(t, keys, 17)

	out, err = json.Marshal(agentwire.Check{})
	require.NoError(t, err)
	keys = nil
	require.NoError(t, json.Unmarshal(out, &keys))
	require.Len(t, keys, 30)
}
