package heartbeats

import (
	"context"
	"fmt"
	"math"
	"time"
	"unicode/utf8"

	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/gueencode/gueenrmm/pkg/platform/bus"
	"github.com/gueencode/gueenrmm/pkg/schema/db/heartbeatsdb"
	"github.com/gueencode/gueenrmm/proto/agentwire"
	"github.com/gueencode/gueenrmm/proto/events"
)

// Limits of what an agent can make us store, in bytes.
const (
	maxVersion  = 100
	maxPublicIP = 255
	maxText     = 255
)

// store writes batches.
type store struct {
	pool *pgxpool.Pool
	q    *heartbeatsdb.Queries
	now  func() time.Time
}

func newStore(pool *pgxpool.Pool, now func() time.Time) *store {
	return &store{pool: pool, q: heartbeatsdb.New(), now: now}
}

// touch writes hellos: when the agent was last seen and its version. Agents that were not online before, or changed
// their version, are told to the other services.
func (s *store) touch(ctx context.Context, batch []item[string]) ([]bus.Fact, error) {
	p := heartbeatsdb.TouchAgentsParams{}
	for _, it := range batch {
		p.AgentIds = append(p.AgentIds, it.agentID)
		p.Seen = append(p.Seen, it.received)
		p.Versions = append(p.Versions, it.value)
	}
	rows, err := s.q.TouchAgents(ctx, s.pool, p)
	if err != nil {
		return nil, fmt.Errorf("touch agents: %w", err)
	}
	var facts []bus.Fact
	for _, r := range rows {
		if r.CameOnline {
			facts = append(facts, events.PresenceChanged(r.AgentID, s.now(), events.Presence{Connected: r.Connected, LastSeen: &r.Seen}))
		}
		if r.VersionChanged {
			facts = append(facts, events.RowChanged(r.AgentID, s.now()))
		}
	}
	return facts, nil
}

func (s *store) agentInfo(ctx context.Context, batch []item[agentwire.AgentInfo]) ([]bus.Fact, error) {
	p := heartbeatsdb.StoreAgentInfoParams{}
	for _, it := range batch {
		v := it.value
		p.AgentIds = append(p.AgentIds, it.agentID)
		p.Usernames = append(p.Usernames, v.Username)
		p.Hostnames = append(p.Hostnames, v.Hostname)
		p.OperatingSystems = append(p.OperatingSystems, v.OperatingSystem)
		p.Plats = append(p.Plats, v.Platform)
		p.TotalRams = append(p.TotalRams, int32(v.TotalRAM))
		p.BootTimes = append(p.BootTimes, float64(v.BootTime))
		p.NeedsReboots = append(p.NeedsReboots, v.NeedsReboot)
		p.Goarchs = append(p.Goarchs, v.GoArch)
	}
	ids, err := s.q.StoreAgentInfo(ctx, s.pool, p)
	if err != nil {
		return nil, fmt.Errorf("store agent info: %w", err)
	}
	return s.rowsChanged(ids), nil
}

func (s *store) publicIPs(ctx context.Context, batch []item[string]) ([]bus.Fact, error) {
	p := heartbeatsdb.StorePublicIPsParams{}
	for _, it := range batch {
		p.AgentIds = append(p.AgentIds, it.agentID)
		p.PublicIPS = append(p.PublicIPS, it.value)
	}
	ids, err := s.q.StorePublicIPs(ctx, s.pool, p)
	if err != nil {
		return nil, fmt.Errorf("store public addresses: %w", err)
	}
	return s.rowsChanged(ids), nil
}

func (s *store) rowsChanged(ids []string) []bus.Fact {
	facts := make([]bus.Fact, 0, len(ids))
	for _, id := range ids {
		facts = append(facts, events.RowChanged(id, s.now()))
	}
	return facts
}

// cleanInfo bounds the texts and says whether the message can be stored at all: a host has a name and a known platform.
func cleanInfo(m *agentwire.AgentInfo) bool {
	m.Hostname, m.Username = clip(m.Hostname, maxText), clip(m.Username, maxText)
	m.OperatingSystem = clip(m.OperatingSystem, maxText)
	m.TotalRAM = math.Min(math.Max(m.TotalRAM, 0), math.MaxInt32)
	switch m.GoArch {
	case "amd64", "386", "arm64", "arm":
	default:
		m.GoArch = "" // keeps what is known
	}
	switch m.Platform {
	case "windows", "linux", "darwin":
		return m.Hostname != "" && !math.IsNaN(m.TotalRAM)
	}
	return false
}

// clip cuts a text at a character boundary.
func clip(s string, most int) string {
	if len(s) <= most {
		return s
	}
	for most > 0 && !utf8.RuneStart(s[most]) {
		most--
	}
	return s[:most]
}
