// Package install enrols an agent with a server and puts it on a machine as a service, and takes both away again
// (agent-protocol.md §6).
package install

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"time"

	"github.com/gueencode/gueenrmm/agent/internal/config"
	"github.com/gueencode/gueenrmm/agent/internal/rest"
	"github.com/gueencode/gueenrmm/proto/agentwire"
)

// Options of an enrolment, as given on the command line.
type Options struct {
	API         string // http(s)://host[:port]
	SiteID      int
	Auth        string // installer token
	AgentType   string // server or workstation
	Description string
	MeshNodeID  string
	Version     string
	ConfigPath  string
	Timeout     time.Duration // of the registration

	// Written to the configuration as they are.
	Cert, Proxy, MeshDir, NATSPort, NATSURL, TmpDir, StateDir, Power string
	Insecure                                                         bool
}

// Refusals a person at the keyboard can do something about.
var (
	ErrToken = errors.New("the installer token is not valid or has expired: generate a new one")
	ErrType  = errors.New("agent-type must be server or workstation")
)

// Enrol registers a new agent and writes its configuration. Nothing is registered unless the configuration can be
// written.
func Enrol(ctx context.Context, o Options) (config.Config, error) {
	base, host, err := config.SplitBaseURL(o.API)
	if err != nil {
		return config.Config{}, err
	}
	if o.AgentType != "server" && o.AgentType != "workstation" {
		return config.Config{}, ErrType
	}
	if err := writable(o.ConfigPath); err != nil {
		return config.Config{}, err
	}
	id, err := agentwire.NewAgentID()
	if err != nil {
		return config.Config{}, err
	}
	cfg := config.Config{
		BaseURL: base, AgentID: id, APIURL: host, Cert: o.Cert, Proxy: o.Proxy, MeshDir: o.MeshDir,
		NATSStandardPort: o.NATSPort, TmpDir: o.TmpDir, NATSURL: o.NATSURL, StateDir: o.StateDir, Power: o.Power,
	}
	if o.Insecure {
		cfg.Insecure = "true"
	}
	if _, err := cfg.NATS(); err != nil {
		return config.Config{}, err
	}
	resp, err := register(ctx, o, cfg)
	if err != nil {
		return config.Config{}, err
	}
	cfg.Token, cfg.AgentPK = resp.Token, strconv.FormatInt(resp.PK, 10)
	if err := config.Write(o.ConfigPath, cfg); err != nil {
		return config.Config{}, err
	}
	return cfg, nil
}

// register walks through the steps of agent-protocol.md §4.3.
func register(ctx context.Context, o Options, cfg config.Config) (agentwire.NewAgentResponse, error) {
	var none agentwire.NewAgentResponse
	client, err := rest.New(rest.Options{
		BaseURL: cfg.BaseURL, Token: o.Auth, UserAgent: "gueen-agent/" + o.Version, CertFile: cfg.Cert, Proxy: cfg.Proxy,
		Insecure: cfg.SkipVerify(), Timeout: o.Timeout,
	})
	if err != nil {
		return none, err
	}
	defer client.Close()
	server := rest.Installer{Client: client}
	if err := server.CheckToken(ctx); err != nil {
		var status *rest.StatusError
		if !errors.As(err, &status) {
			return none, fmt.Errorf("reach the server: %w", err)
		}
		if status.Status == http.StatusUnauthorized {
			return none, ErrToken
		}
		// Other answers are left to the next step, which names its reasons.
	}
	if err := server.CheckVersion(ctx, o.Version); err != nil {
		return none, refusal("the server does not accept this agent", err)
	}
	hostname, err := os.Hostname()
	if err != nil {
		return none, fmt.Errorf("read host name: %w", err)
	}
	resp, err := server.Register(ctx, agentwire.NewAgentRequest{
		AgentID: cfg.AgentID, Hostname: hostname, Site: agentwire.FlexInt(o.SiteID), MonitoringType: o.AgentType,
		MeshNodeID: o.MeshNodeID, Description: o.Description, GoArch: runtime.GOARCH, Platform: runtime.GOOS,
	})
	if err != nil {
		return none, refusal("the server did not register the agent", err)
	}
	if resp.Token == "" {
		return none, errors.New("the server registered the agent but gave it no token")
	}
	return resp, nil
}

// refusal puts the server's own words in front.
func refusal(what string, err error) error {
	var status *rest.StatusError
	if errors.As(err, &status) && status.Text != "" {
		return fmt.Errorf("%s: %s", what, status.Text)
	}
	return fmt.Errorf("%s: %w", what, err)
}

// writable makes sure that the configuration can be created and is not there yet.
func writable(path string) error {
	if _, err := os.Lstat(path); err == nil {
		return fmt.Errorf("%s: %w: an agent is installed already, remove it first", path, config.ErrExists)
	}
	probe, err := os.CreateTemp(filepath.Dir(path), ".tacticalagent*")
	if err != nil {
		return fmt.Errorf("the configuration cannot be written: %w", err)
	}
	return errors.Join(probe.Close(), os.Remove(probe.Name()))
}
