package main

import (
	"fmt"
	"net/netip"
	"net/url"
	"strings"
	"time"

	"github.com/gueencode/gueenrmm/pkg/accounts"
	"github.com/gueencode/gueenrmm/pkg/audit"
	"github.com/gueencode/gueenrmm/pkg/platform/config"
	"github.com/gueencode/gueenrmm/pkg/platform/service"
	"github.com/gueencode/gueenrmm/pkg/results"
	"github.com/gueencode/gueenrmm/services/api/internal/accountsapi"
	"github.com/gueencode/gueenrmm/services/api/internal/app"
	"github.com/gueencode/gueenrmm/services/api/internal/coreapi"
	"github.com/gueencode/gueenrmm/services/api/internal/rest"
)

// Versions that clients of the contract compare (rest-1.md §1.15).
const (
	contractVersion   = "1.5.1"
	contractUIVersion = "0.0.203"
)

// settings are those of the api.
type settings struct {
	service.Base
	Database config.Database
	Redis    config.Redis
	NATS     config.NATS
	Sealing  config.Sealing
	HTTP     httpSettings
	API      apiSettings
	Login    loginSettings
	Agents   agentSettings
	Results  resultSettings
	Stream   config.ResultStream
	Monitor  monitorSettings
}

type monitorSettings struct {
	Token    config.Secret `conf:"mon.token" help:"Token with which monitoring systems may ask /core/v2/status/; empty refuses them."`
	CertFile string        `conf:"web.cert_file" default:"" help:"Certificate of the public names; the dashboard shows when it expires."`
	Realtime config.URL    `conf:"mon.realtime_url" default:"http://127.0.0.1:8002" help:"Where the status routes look for realtime; empty where there is none."`
	NATSWeb  config.URL    `conf:"mon.nats_url" default:"http://127.0.0.1:9235" help:"Where the status routes look for nats-server's WebSocket; empty where there is none."`
}

type httpSettings struct {
	Listen          string        `conf:"listen" default:"127.0.0.1:8001" help:"Address of the REST interface."`
	MaxConnections  int           `conf:"api.max_connections" default:"10000" min:"10" max:"1000000" unit:"connections" help:"Connections served at the same time; further ones wait."`
	ReadTimeout     time.Duration `conf:"api.read_timeout" default:"5m" min:"1s" help:"Longest time a request's body may take to arrive."`
	IdleTimeout     time.Duration `conf:"api.idle_timeout" default:"2m" min:"1s" help:"Close a connection that has been idle for this long."`
	TrustedProxies  []string      `conf:"api.trusted_proxies" default:"127.0.0.0/8,::1/128" help:"Networks of the proxies whose forwarding headers name the caller's address. Callers in them can choose their address."`
	AllowedHosts    []string      `conf:"api.allowed_hosts" default:"" help:"Host names under which the interface answers, besides those of api.public_url and web.origins; * allows all."`
	ShutdownTimeout time.Duration `conf:"api.shutdown_timeout" default:"20s" min:"1s" help:"Longest time requests under way may take when the service stops."`
}

type apiSettings struct {
	PublicURL     string       `conf:"api.public_url" default:"http://127.0.0.1:8080" help:"Address under which agents and scripts reach the interface."`
	WebOrigins    []string     `conf:"web.origins" default:"http://127.0.0.1:8080" help:"Origins of the web app; the first one names the product in second factors."`
	Description   bool         `conf:"api.schema" default:"false" help:"Serve the API description at /api/schema/ and /v1/openapi.yaml."`
	Beta          bool         `conf:"api.beta" default:"false" help:"Serve the read interface for programs at /beta/v1/."`
	Demo          bool         `conf:"api.demo" default:"false" help:"Refuse what a public demo must not do."`
	RootUser      string       `conf:"api.root_user" default:"" help:"Account that other users cannot change, delete or reset."`
	AuditMaxValue config.Bytes `conf:"api.audit_max_value" default:"512KiB" help:"Larger values are left out of audit rows."`

	WebTerminal   bool `conf:"api.web_terminal" default:"true" help:"Allow the server's terminal in the web app, if the global settings do too."`
	ServerScripts bool `conf:"api.server_scripts" default:"true" help:"Allow scripts on the server, if the global settings do too."`

	WebhooksAllow []string `conf:"webhooks.allow" default:"" help:"Networks (10.0.0.0/8) and single services (127.0.0.1:8080) that web hooks may reach besides public addresses."`

	OpenAI config.URL `conf:"openai.url" default:"https://api.openai.com/v1/chat/completions" help:"Address of the chat-completions call that writes scripts."`

	News config.URL `conf:"news.url" default:"" help:"Address that names the newest release as JSON ({\"tag_name\": \"v1.2.3\"}, as the releases of code hosts do, or {\"version\": …}), asked every six hours; empty: nobody is asked."`

	AgentsDir string `conf:"agents.dir" default:"/usr/share/gueenrmm/agents" help:"Directory of the agent binaries that installers and updates bring, named gueen-agent-PLAT-ARCH."`
	Insecure  bool   `conf:"agents.insecure" default:"false" help:"The installation has no valid certificate: agents do not verify it, and only the manual installer works."`

	CmdSample        string `conf:"api.sample_cmd" default:"ipconfig /all" help:"Sample in the empty command field for cmd."`
	PowershellSample string `conf:"api.sample_powershell" default:"Get-Service" help:"Sample in the empty command field for PowerShell."`
	ShellSample      string `conf:"api.sample_shell" default:"df -h" help:"Sample in the empty command field for Linux and macOS shells."`
}

type loginSettings struct {
	CheckPerMinute int `conf:"login.check_per_minute" default:"10" min:"0" help:"Tries of the first login step per minute and address; 0 for no limit."`
	CheckPerDay    int `conf:"login.check_per_day" default:"300" min:"0" help:"Tries of the first login step per day and address; 0 for no limit."`
	LoginPerMinute int `conf:"login.login_per_minute" default:"10" min:"0" help:"Tries of the second login step per minute and address; 0 for no limit."`
	LoginPerDay    int `conf:"login.login_per_day" default:"300" min:"0" help:"Tries of the second login step per day and address; 0 for no limit."`

	HashMemory     config.Bytes `conf:"login.hash_memory" default:"40MiB" help:"Memory of one password hash (argon2id), at most 256 MiB."`
	HashPasses     int          `conf:"login.hash_passes" default:"2" min:"1" max:"16" help:"Passes of one password hash."`
	HashLanes      int          `conf:"login.hash_lanes" default:"1" min:"1" max:"64" help:"Lanes of one password hash."`
	HashConcurrent int          `conf:"login.hash_concurrent" default:"0" min:"0" max:"256" help:"Password hashes computed at the same time; 0 for half of the cores, so that many sign-ins leave room for other requests."`

	HashProcess bool `conf:"login.hash_process" default:"true" help:"Compute password hashes in a process of lower priority, so that many sign-ins do not slow other requests."`

	MinPassword int `conf:"login.password_min_length" default:"8" min:"1" max:"128" unit:"characters" help:"Shortest password that an account may be given. Passwords from before go on working."`

	SessionMaxAge time.Duration `conf:"login.session_max_age" default:"720h" min:"5h" help:"A session ends after this time however much it is used. Unused sessions end after five hours."`
}

// Validate checks the rules across fields.
func (s *httpSettings) Validate() error {
	if err := config.ListenAddress("listen", s.Listen); err != nil {
		return err
	}
	_, err := prefixes(s.TrustedProxies)
	return err
}

// Validate checks the addresses.
func (s *apiSettings) Validate() error {
	for _, text := range append([]string{s.PublicURL}, s.WebOrigins...) {
		u, err := url.Parse(text)
		if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
			return fmt.Errorf("api.public_url and web.origins must be http or https addresses, not %q", text)
		}
	}
	return nil
}

func prefixes(texts []string) ([]netip.Prefix, error) {
	out := []netip.Prefix{}
	for _, t := range texts {
		p, err := netip.ParsePrefix(t)
		if err != nil {
			return nil, fmt.Errorf("api.trusted_proxies: %w", err)
		}
		out = append(out, p)
	}
	return out, nil
}

// hosts are the names that the interface answers to: its own, the web app's, this machine's, and what the operator adds.
func (s *settings) hosts() []string {
	names := []string{"localhost", "127.0.0.1", "::1"}
	for _, text := range append([]string{s.API.PublicURL}, s.API.WebOrigins...) {
		if u, err := url.Parse(text); err == nil {
			names = append(names, strings.ToLower(u.Hostname()))
		}
	}
	for _, h := range s.HTTP.AllowedHosts {
		names = append(names, strings.ToLower(strings.TrimSpace(h)))
	}
	return names
}

// options turns the settings into the api's.
func (s *settings) options() (app.Options, error) {
	trusted, err := prefixes(s.HTTP.TrustedProxies)
	if err != nil {
		return app.Options{}, err
	}
	agents, err := s.Agents.settings()
	if err != nil {
		return app.Options{}, err
	}
	agents.Limits = s.Results.limits()
	box, err := s.Sealing.Box()
	if err != nil {
		return app.Options{}, err
	}
	maxAudit := int(s.API.AuditMaxValue)
	if maxAudit <= 0 {
		maxAudit = audit.DefaultMaxValueBytes
	}
	return app.Options{
		AllowedHosts: s.hosts(), WebOrigins: s.API.WebOrigins, TrustedProxies: trusted, PublicURL: s.API.PublicURL,
		Demo: s.API.Demo, Description: s.API.Description, Beta: s.API.Beta, RootUser: s.API.RootUser, AuditMaxBytes: maxAudit, WebhooksAllow: s.API.WebhooksAllow,
		OpenAIURL: s.API.OpenAI.Reveal(), NewsURL: s.API.News.Reveal(),
		Probes: app.Probes{CertFile: s.Monitor.CertFile, Realtime: s.Monitor.Realtime.Reveal(), NATSWeb: s.Monitor.NATSWeb.Reveal()},
		Hash: accounts.HashCost{
			MemoryKiB: uint32(s.Login.HashMemory >> 10), Passes: uint32(s.Login.HashPasses), Lanes: uint8(s.Login.HashLanes),
			Concurrent: s.Login.HashConcurrent,
		},
		AgentsDir: s.API.AgentsDir, Insecure: s.API.Insecure, Agents: agents,
		Stream:        results.StreamLimits{MaxBytes: int64(s.Stream.MaxBytes), MaxAge: s.Stream.MaxAge},
		SessionMaxAge: s.Login.SessionMaxAge, MinPassword: s.Login.MinPassword, Box: box,
		Throttles: accountsapi.Throttles{
			CheckCredentials: rest.Throttle{Name: "checkcreds", PerMinute: s.Login.CheckPerMinute, PerDay: s.Login.CheckPerDay},
			Login:            rest.Throttle{Name: "login", PerMinute: s.Login.LoginPerMinute, PerDay: s.Login.LoginPerDay},
		},
		Product: coreapi.Product{
			Version: contractVersion, UIVersion: contractUIVersion, WebTerminal: s.API.WebTerminal, ServerScripts: s.API.ServerScripts,
			MonToken:       s.Monitor.Token.Reveal(),
			CmdPlaceholder: s.API.CmdSample, PSPlaceholder: s.API.PowershellSample, ShellPlaceholder: s.API.ShellSample,
		},
	}, nil
}
