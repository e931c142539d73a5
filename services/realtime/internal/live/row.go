package live

import (
	"time"

	"github.com/gueencode/gueenrmm/pkg/agents"
	"github.com/gueencode/gueenrmm/proto/frames"
)

// agentRow renders a row as GET /v1/agents does.
func agentRow(r *agents.SearchRow) frames.AgentRow {
	row := frames.AgentRow{
		ID: r.PK, AgentID: r.AgentID, Hostname: r.Hostname,
		Client: frames.Named{ID: r.ClientID, Name: r.Client}, Site: frames.Named{ID: r.SiteID, Name: r.Site},
		MonitoringType: r.MonitoringType, Plat: r.Plat, Goarch: r.Goarch, Status: string(r.Status), Connected: r.Connected,
		LastSeen: utc(r.LastSeen), OperatingSystem: r.OperatingSystem, Version: r.Version, LoggedInUsername: r.LoggedInUsername,
		PublicIP: r.PublicIP, Description: r.Description, NeedsReboot: r.NeedsReboot, MaintenanceMode: r.Maintenance,
		Checks: frames.CheckCounts(r.Checks), BootTime: r.BootTime,
	}
	if r.LocalIPs != "" {
		row.LocalIPs = &r.LocalIPs
	}
	return row
}

// utc gives a moment the form of the contract: UTC, microseconds.
func utc(t *time.Time) *time.Time {
	if t == nil {
		return nil
	}
	u := t.UTC().Truncate(time.Microsecond)
	return &u
}
