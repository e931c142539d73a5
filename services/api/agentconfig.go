package main

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/gueencode/gueenrmm/pkg/platform/config"
	"github.com/gueencode/gueenrmm/proto/agentwire"
	"github.com/gueencode/gueenrmm/services/api/internal/agenthttp"
)

// agentSettings are what the installation tells its agents (agent-protocol.md §4.4).
type agentSettings struct {
	LowestVersion string `conf:"agents.lowest_version" default:"2.4.0" help:"Lowest version of an agent that may be installed; empty allows all."`

	LimitData             bool   `conf:"agents.limit_data" default:"false" help:"Agents leave services and asset data out of what they send when they start."`
	Nushell               bool   `conf:"agents.nushell_enable_config" default:"false" help:"Nushell scripts on agents read the user's configuration."`
	InstallNushell        bool   `conf:"agents.install_nushell" default:"true" help:"Agents install Nushell."`
	InstallNushellVersion string `conf:"agents.install_nushell_version" default:"0.112.2" help:"Version of Nushell that agents install."`
	InstallNushellURL     string `conf:"agents.install_nushell_url" default:"" help:"Where agents download Nushell, with {OS}, {ARCH} and {VERSION}; empty: its own releases."`
	Deno                  string `conf:"agents.deno_default_permissions" default:"--allow-all" help:"Permissions of Deno scripts on agents that name none."`
	InstallDeno           bool   `conf:"agents.install_deno" default:"true" help:"Agents install Deno."`
	InstallDenoVersion    string `conf:"agents.install_deno_version" default:"v1.46.3" help:"Version of Deno that agents install."`
	InstallDenoURL        string `conf:"agents.install_deno_url" default:"" help:"Where agents download Deno, with {OS}, {ARCH} and {VERSION}; empty: its own releases."`

	Hello       string `conf:"agents.checkin_hello" default:"30-60" unit:"seconds" help:"Range from which agents draw how often they say hello."`
	AgentInfo   string `conf:"agents.checkin_agentinfo" default:"200-400" unit:"seconds" help:"Range of how often agents send what they are."`
	WinServices string `conf:"agents.checkin_winsvc" default:"2400-3000" unit:"seconds" help:"Range of how often Windows agents send their services."`
	PublicIP    string `conf:"agents.checkin_pubip" default:"300-500" unit:"seconds" help:"Range of how often agents send their public address."`
	Disks       string `conf:"agents.checkin_disks" default:"1000-2000" unit:"seconds" help:"Range of how often agents send their disks."`
	Software    string `conf:"agents.checkin_sw" default:"2800-3500" unit:"seconds" help:"Range of how often agents send their software."`
	WMI         string `conf:"agents.checkin_wmi" default:"3000-4000" unit:"seconds" help:"Range of how often agents send their asset data."`
	SyncMesh    string `conf:"agents.checkin_syncmesh" default:"800-1200" unit:"seconds" help:"Range of how often agents send their remote-desktop node."`
}

// resultSettings bound what results of agents may take in one replica of the api. The defaults leave room for a fleet's
// worst minute and for two gigabytes of memory beside it.
type resultSettings struct {
	PerMinute      int           `conf:"results.per_minute" default:"3000" min:"60" help:"Results that one agent may send in a minute; further ones are answered 429. Five hundred checks every minute stay far below."`
	BytesPerMinute config.Bytes  `conf:"results.bytes_per_minute" default:"512MiB" help:"Bytes of results that one agent may send in a minute."`
	PerAgent       int           `conf:"results.per_agent" default:"32" min:"1" help:"Results of one agent that are worked on at the same time; further ones are answered 429."`
	Memory         config.Bytes  `conf:"results.memory" default:"128MiB" help:"What the results that are worked on at the same time may take, each at least 64 KiB; further ones wait with their body unread."`
	Wait           time.Duration `conf:"results.wait" default:"5s" min:"10ms" max:"25s" help:"How long a result waits for that memory before it is answered 503 with Retry-After. Agents without a spool do not come again."`
}

func (s *resultSettings) limits() agenthttp.Limits {
	return agenthttp.Limits{
		PerMinute: s.PerMinute, BytesPerMinute: int64(s.BytesPerMinute), PerAgent: s.PerAgent, Memory: int64(s.Memory), Wait: s.Wait,
	}
}

// Validate checks the ranges: an agent that is told zero seconds crashes.
func (s *agentSettings) Validate() error {
	_, err := s.settings()
	return err
}

func (s *agentSettings) settings() (agenthttp.Settings, error) {
	out := agenthttp.Settings{LowestVersion: s.LowestVersion, Config: agentwire.Config{
		LimitData: s.LimitData, InstallNushell: s.InstallNushell, InstallNushellVersion: s.InstallNushellVersion,
		InstallNushellURL: s.InstallNushellURL, NushellEnableConfig: s.Nushell, InstallDeno: s.InstallDeno,
		InstallDenoVersion: s.InstallDenoVersion, InstallDenoURL: s.InstallDenoURL, DenoDefaultPermissions: s.Deno,
	}}
	for _, r := range []struct {
		key, text string
		to        *agentwire.Range
	}{
		{"hello", s.Hello, &out.Ranges.Hello},
		{"agentinfo", s.AgentInfo, &out.Ranges.AgentInfo},
		{"winsvc", s.WinServices, &out.Ranges.WinServices},
		{"pubip", s.PublicIP, &out.Ranges.PublicIP},
		{"disks", s.Disks, &out.Ranges.Disks},
		{"sw", s.Software, &out.Ranges.Software},
		{"wmi", s.WMI, &out.Ranges.WMI},
		{"syncmesh", s.SyncMesh, &out.Ranges.SyncMesh},
	} {
		parsed, ok := parseRange(r.text)
		if !ok {
			return out, fmt.Errorf("agents.checkin_%s must be a range of seconds from 1 up, for example 30-60, not %q", r.key, r.text)
		}
		*r.to = parsed
	}
	return out, nil
}

func parseRange(text string) (agentwire.Range, bool) {
	low, high, found := strings.Cut(text, "-")
	from, err := strconv.Atoi(strings.TrimSpace(low))
	if err != nil {
		return agentwire.Range{}, false
	}
	to := from
	if found {
		if to, err = strconv.Atoi(strings.TrimSpace(high)); err != nil {
			return agentwire.Range{}, false
		}
	}
	const day = 24 * 60 * 60
	return agentwire.Range{Min: from, Max: to}, from >= 1 && to >= from && to <= day
}
