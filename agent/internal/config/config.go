// Package config reads and writes the agent's local configuration file (agent-protocol.md §1.5), so that an agent that
// replaces a deployed one keeps its identity and token.
package config

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/gueencode/gueenrmm/proto/agentwire"
)

// DefaultPath is where the file lives on Unix.
const DefaultPath = "/etc/tacticalagent"

// maxFile bounds the file in bytes.
const maxFile = 1 << 20

// ErrExists means that the configuration of another installation would be overwritten.
var ErrExists = errors.New("configuration exists")

// Config is the local configuration. Keys are matched without regard to case.
type Config struct {
	BaseURL          string `json:"baseurl"`
	AgentID          string `json:"agentid"`
	APIURL           string `json:"apiurl"` // host without port
	Token            string `json:"token"`
	AgentPK          string `json:"agentpk"`
	Cert             string `json:"cert"` // PEM file with further roots
	Proxy            string `json:"proxy"`
	MeshDir          string `json:"meshdir"`
	NATSStandardPort string `json:"natsstandardport"`
	NATSPingInterval int    `json:"natspinginterval,omitempty"` // seconds
	Insecure         string `json:"insecure,omitempty"`         // "true" switches verification off
	TmpDir           string `json:"tmpdir,omitempty"`

	// Keys of this agent only.
	NATSURL  string `json:"natsurl,omitempty"`  // replaces the derived NATS address
	StateDir string `json:"statedir,omitempty"` // spool and temporary files
	Power    string `json:"power,omitempty"`    // "off": reboot and shutdown are answered but not carried out
}

// Load reads the file.
func Load(path string) (Config, error) {
	info, err := os.Stat(path)
	if err != nil {
		return Config{}, fmt.Errorf("read configuration: %w", err)
	}
	if info.Size() > maxFile {
		return Config{}, fmt.Errorf("read configuration: %s is larger than %d bytes", path, maxFile)
	}
	data, err := os.ReadFile(path)
	if err != nil {
		return Config{}, fmt.Errorf("read configuration: %w", err)
	}
	cfg, err := parse(data)
	if err != nil {
		return Config{}, fmt.Errorf("read configuration %s: %w", path, err)
	}
	return cfg, nil
}

// parse takes JSON in which the integers may be text and text may be anything scalar, as other writers leave them.
func parse(data []byte) (Config, error) {
	var raw map[string]any
	if err := json.Unmarshal(data, &raw); err != nil {
		return Config{}, err
	}
	text := make(map[string]string, len(raw))
	for k, v := range raw {
		switch v := v.(type) {
		case string:
			text[strings.ToLower(k)] = strings.TrimSpace(v)
		case bool:
			text[strings.ToLower(k)] = strconv.FormatBool(v)
		case float64:
			text[strings.ToLower(k)] = strconv.FormatFloat(v, 'f', -1, 64)
		}
	}
	ping := 0
	if s := text["natspinginterval"]; s != "" {
		n, err := strconv.Atoi(s)
		if err != nil || n < 0 {
			return Config{}, fmt.Errorf("natspinginterval: %q is not a number of seconds", s)
		}
		ping = n
	}
	return Config{
		BaseURL: strings.TrimRight(text["baseurl"], "/"), AgentID: text["agentid"], APIURL: text["apiurl"],
		Token: text["token"], AgentPK: text["agentpk"], Cert: text["cert"], Proxy: text["proxy"],
		MeshDir: text["meshdir"], NATSStandardPort: text["natsstandardport"], NATSPingInterval: ping,
		Insecure: text["insecure"], TmpDir: text["tmpdir"], NATSURL: text["natsurl"],
		StateDir: text["statedir"], Power: text["power"],
	}, nil
}

// Write creates the file for the owner only. It refuses to replace an existing one.
func Write(path string, cfg Config) error {
	data, err := json.MarshalIndent(cfg, "", "  ")
	if err != nil {
		return fmt.Errorf("write configuration: %w", err)
	}
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if errors.Is(err, fs.ErrExist) {
		return fmt.Errorf("write configuration %s: %w", path, ErrExists)
	}
	if err != nil {
		return fmt.Errorf("write configuration: %w", err)
	}
	_, err = f.Write(append(data, '\n'))
	if err := errors.Join(err, f.Sync(), f.Close()); err != nil {
		return errors.Join(fmt.Errorf("write configuration: %w", err), os.Remove(path))
	}
	return nil
}

// Validate tells what keeps an agent with this configuration from working.
func (c Config) Validate() error {
	if !agentwire.ValidAgentID(c.AgentID) {
		return errors.New("agentid is missing or malformed")
	}
	if c.Token == "" {
		return errors.New("token is missing")
	}
	if _, _, err := SplitBaseURL(c.BaseURL); err != nil {
		return err
	}
	_, err := c.NATS()
	return err
}

// SkipVerify reports whether certificates are not checked.
func (c Config) SkipVerify() bool { return c.Insecure == "true" }

// State is the directory for the spool and temporary files. An agent with a configuration file of its own keeps its
// state beside that file, so that several agents can run on one machine.
func (c Config) State(path string) string {
	if c.StateDir != "" {
		return c.StateDir
	}
	if path == DefaultPath {
		return "/var/lib/tacticalagent"
	}
	return path + ".state"
}

// Temp is the directory for scripts.
func (c Config) Temp(path string) string {
	if c.TmpDir != "" {
		return c.TmpDir
	}
	return filepath.Join(c.State(path), "tmp")
}
