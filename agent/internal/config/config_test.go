package config_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gueencode/gueenrmm/agent/internal/config"
)

const id = "AbCdEfGhIjKlMnOpQrStUvWxYzAbCdEfGhIjKlMn"

func TestReadsTheFileOfADeployedAgent(t *testing.T) {
	t.Parallel()

	path := filepath.Join(t.TempDir(), "agent.json")
	require.NoError(t, os.WriteFile(path, []byte(`{"AgentID":"`+id+`","agentpk":12,"apiurl":"api.example.com",
		"baseurl":"https://api.example.com/","token":"t","cert":"","natspinginterval":"40","insecure":true,"future":[1]}`), 0o600))
	cfg, err := config.Load(path)
	require.NoError(t, err)
	require.NoError(t, cfg.Validate())
	require.Equal(t, id, cfg.AgentID)
	require.Equal(t, "12", cfg.AgentPK)
	require.Equal(t, "https://api.example.com", cfg.BaseURL)
	require.Equal(t, 40, cfg.NATSPingInterval)
	require.True(t, cfg.SkipVerify())
	require.Equal(t, path+".state", cfg.State(path))
	require.Equal(t, "/var/lib/tacticalagent", cfg.State(config.DefaultPath))
}

func TestWritesOnceAndForTheOwnerOnly(t *testing.T) {
	t.Parallel()

	path := filepath.Join(t.TempDir(), "agent.json")
	cfg := config.Config{BaseURL: "http://h:1", AgentID: id, APIURL: "h", Token: "t", AgentPK: "1"}
	require.NoError(t, config.Write(path, cfg))
	info, err := os.Stat(path)
	require.NoError(t, err)
	require.Equal(t, os.FileMode(0o600), info.Mode().Perm())
	got, err := config.Load(path)
	require.NoError(t, err)
	require.Equal(t, cfg, got)
	require.ErrorIs(t, config.Write(path, cfg), config.ErrExists)
}

func TestNATSAddress(t *testing.T) {
	t.Parallel()

	for _, c := range []struct {
		cfg  config.Config
		want config.Endpoint
	}{
		{config.Config{BaseURL: "https://api.example.com:8443", APIURL: "api.example.com"},
			config.Endpoint{URL: "wss://api.example.com:443", Path: "/natsws", TLS: true, WebSocket: true}},
		{config.Config{BaseURL: "https://api.example.com", APIURL: "api.example.com", NATSStandardPort: "4222"},
			config.Endpoint{URL: "tls://api.example.com:4222", TLS: true}},
		{config.Config{BaseURL: "http://127.0.0.1:8080", APIURL: "127.0.0.1"},
			config.Endpoint{URL: "ws://127.0.0.1:8080", Path: "/natsws", WebSocket: true}},
		{config.Config{BaseURL: "http://h", NATSURL: "nats://127.0.0.1:4222"}, config.Endpoint{URL: "nats://127.0.0.1:4222"}},
		{config.Config{BaseURL: "https://h", NATSURL: "wss://n:9/x/"}, config.Endpoint{URL: "wss://n:9", Path: "/x", TLS: true, WebSocket: true}},
	} {
		got, err := c.cfg.NATS()
		require.NoError(t, err)
		require.Equal(t, c.want, got)
	}
	for _, bad := range []config.Config{
		{BaseURL: "https://h", NATSURL: "ws://h"},
		{BaseURL: "https://h", NATSURL: "nats://h"},
		{BaseURL: "http://h", NATSURL: "ftp://h"},
		{BaseURL: "http://h", NATSURL: "nats://u:p@h"},
		{BaseURL: "https://h", NATSStandardPort: "x"},
	} {
		_, err := bad.NATS()
		require.Error(t, err, "%+v", bad)
	}
}

func FuzzLoad(f *testing.F) {
	f.Add([]byte(`{"baseurl":"http://h","natspinginterval":"7"}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		path := filepath.Join(t.TempDir(), "c")
		require.NoError(t, os.WriteFile(path, data, 0o600))
		cfg, err := config.Load(path)
		if err != nil {
			return
		}
		if err := cfg.Validate(); err == nil {
			_, err = cfg.NATS()
			require.NoError(t, err)
		}
	})
}
