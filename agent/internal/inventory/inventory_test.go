package inventory

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"runtime"
	"testing"
	"time"

	"github.com/shirou/gopsutil/v4/host"
	"github.com/stretchr/testify/require"

	"github.com/gueencode/gueenrmm/agent/internal/leaktest"
	"github.com/gueencode/gueenrmm/proto/agentwire"
)

func TestMain(m *testing.M) { leaktest.Main(m) }

const id = "AbCdEfGhIjKlMnOpQrStUvWxYzAbCdEfGhIjKlMn"

func TestSizesAreWrittenAsTheContractSays(t *testing.T) {
	t.Parallel()

	for n, want := range map[uint64]string{
		0: "0 B", 1023: "1023 B", 1024: "1.0 kB", 1536: "1.5 kB", 1 << 20: "1.0 MB",
		499_400_000_000: "465.1 GB", 1 << 40: "1.0 TB", 1 << 50: "1.0 PB", 1<<64 - 1: "16.0 EB",
	} {
		require.Equal(t, want, FormatSize(n))
	}
}

func TestOperatingSystemName(t *testing.T) {
	t.Parallel()

	require.Equal(t, "Debian 12.5 x86_64 6.1.0", osName(&host.InfoStat{Platform: "debian", PlatformVersion: "12.5", KernelArch: "x86_64", KernelVersion: "6.1.0"}))
	require.Equal(t, "Linux Mint arm64 5", osName(&host.InfoStat{Platform: "linux mint", KernelArch: "arm64", KernelVersion: "5"}))
}

func TestThisMachineIsDescribed(t *testing.T) {
	t.Parallel()

	c := New(id, "2.11.0")
	require.Equal(t, agentwire.Hello{AgentID: id, Version: "2.11.0"}, c.Hello())
	name, err := os.Hostname()
	require.NoError(t, err)
	info := c.AgentInfo(t.Context())
	require.Equal(t, name, info.Hostname)
	require.Equal(t, runtime.GOOS, info.Platform)
	require.Equal(t, runtime.GOARCH, info.GoArch)
	require.Positive(t, info.TotalRAM)
	require.Greater(t, info.BootTime, int64(1_000_000_000))
	require.Contains(t, info.OperatingSystem, " ")

	_, err = c.Disks(t.Context())
	require.NoError(t, err)

	wmi := c.WMI(t.Context())
	for _, key := range []string{"local_ips", "disks", "cpus", "make_model", "gpus", "serialnumber"} {
		require.Contains(t, wmi.WMI, key)
	}
	_, err = json.Marshal(wmi)
	require.NoError(t, err)
	data, err := wmi.Encode()
	require.NoError(t, err)
	_, err = agentwire.DecodeWMI(data)
	require.NoError(t, err)
}

func TestProcesses(t *testing.T) {
	t.Parallel()

	cmd := exec.Command("sleep", "300")
	require.NoError(t, cmd.Start())
	list, err := Processes(t.Context())
	require.NoError(t, err)
	var found *agentwire.Process
	for i := range list {
		require.Equal(t, i, list[i].ID)
		if list[i].PID == cmd.Process.Pid {
			found = &list[i]
		}
	}
	require.NotNil(t, found)
	require.Equal(t, "sleep", found.Name)
	require.NotEmpty(t, found.Username)
	require.Regexp(t, `^\d+\.\d$`, found.CPUPercent)

	require.NoError(t, KillProcess(t.Context(), int32(cmd.Process.Pid)))
	require.Error(t, cmd.Wait())
	require.Error(t, KillProcess(t.Context(), int32(cmd.Process.Pid)))
	require.Error(t, KillProcess(t.Context(), 1))
}

func TestPublicIP(t *testing.T) {
	t.Parallel()

	answer := func(text string) string {
		s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			_, err := w.Write([]byte(text))
			if err != nil {
				panic(http.ErrAbortHandler)
			}
		}))
		t.Cleanup(s.Close)
		return s.URL
	}
	dead := "http://127.0.0.1:1"
	client := &http.Client{Timeout: time.Minute, Transport: &http.Transport{DisableKeepAlives: true}}
	for name, c := range map[string]struct {
		any  []string
		v4   string
		want string
	}{
		"first":          {[]string{answer("192.0.2.1\n"), answer("192.0.2.2")}, dead, "192.0.2.1"},
		"next":           {[]string{dead, answer("192.0.2.2")}, dead, "192.0.2.2"},
		"v6 asks for v4": {[]string{answer("2001:db8::1")}, answer("192.0.2.3"), "192.0.2.3"},
		"v6 alone":       {[]string{answer("2001:db8::1")}, dead, "2001:db8::1"},
		"invalid":        {[]string{answer("<html>"), dead}, dead, "<html>"},
		"none":           {[]string{dead}, dead, "error"},
	} {
		p := publicIP{client: client, any: c.any, v4: c.v4}
		require.Equal(t, c.want, p.lookUp(t.Context()), name)
	}
}
