// Package agentinput is what people set about an agent, as every operation that changes one takes it (rest-1.md §5.1, rest-2.md §11).
package agentinput

import (
	"github.com/gueencode/gueenrmm/pkg/agents"
	"github.com/gueencode/gueenrmm/services/api/internal/rest"
)

// Settings are embedded in a body. Fields that are not sent stay as they are.
type Settings struct {
	MaintenanceMode        rest.Field[bool]   `json:"maintenance_mode"`
	BlockPolicyInheritance rest.Field[bool]   `json:"block_policy_inheritance"`
	OverdueEmailAlert      rest.Field[bool]   `json:"overdue_email_alert"`
	OverdueTextAlert       rest.Field[bool]   `json:"overdue_text_alert"`
	OverdueDashboardAlert  rest.Field[bool]   `json:"overdue_dashboard_alert"`
	Policy                 rest.Field[int32]  `json:"policy" rule:"null,ref=policy"`
	MonitoringType         rest.Field[string] `json:"monitoring_type" rule:"choices=server|workstation"`
	Description            rest.Field[string] `json:"description" rule:"null,blank,max=255"`
	OfflineTime            rest.Field[int32]  `json:"offline_time" rule:"min=0"`
	OverdueTime            rest.Field[int32]  `json:"overdue_time" rule:"min=0"`
	CheckInterval          rest.Field[int32]  `json:"check_interval" rule:"min=0"`
	TimeZone               rest.Field[string] `json:"time_zone" rule:"null,blank,pattern=timezone"`
}

// Apply changes the agent's row.
func (s *Settings) Apply(a *agents.Row) {
	s.MaintenanceMode.Apply(&a.MaintenanceMode)
	s.BlockPolicyInheritance.Apply(&a.BlockPolicyInheritance)
	s.OverdueEmailAlert.Apply(&a.OverdueEmailAlert)
	s.OverdueTextAlert.Apply(&a.OverdueTextAlert)
	s.OverdueDashboardAlert.Apply(&a.OverdueDashboardAlert)
	s.Policy.ApplyNull(&a.PolicyID)
	s.MonitoringType.Apply(&a.MonitoringType)
	s.Description.ApplyNull(&a.Description)
	s.OfflineTime.Apply(&a.OfflineTime)
	s.OverdueTime.Apply(&a.OverdueTime)
	s.CheckInterval.Apply(&a.CheckInterval)
	if s.TimeZone.Set && s.TimeZone.Value == "" {
		s.TimeZone.Null = true // "" is the global default, as null is
	}
	s.TimeZone.ApplyNull(&a.TimeZone)
}
