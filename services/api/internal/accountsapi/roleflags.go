package accountsapi

import (
	"github.com/gueencode/gueenrmm/pkg/accounts"
	"github.com/gueencode/gueenrmm/services/api/internal/rest"
)

// Role is a role with every flag of rest-1.md §1.16.
type Role struct {
	ID           int32      `json:"id"`
	UserCount    int64      `json:"user_count"`
	CreatedBy    *string    `json:"created_by"`
	CreatedTime  *rest.Time `json:"created_time"`
	ModifiedBy   *string    `json:"modified_by"`
	ModifiedTime *rest.Time `json:"modified_time"`
	Name         string     `json:"name"`

	RoleFlags

	CanViewClients []int32 `json:"can_view_clients"`
	CanViewSites   []int32 `json:"can_view_sites"`
}

// RoleFlags are the flags of a role. A test compares them with access.Permissions.
type RoleFlags struct {
	IsSuperuser                 bool `json:"is_superuser"`
	CanListAgents               bool `json:"can_list_agents"`
	CanUseMesh                  bool `json:"can_use_mesh"`
	CanUninstallAgents          bool `json:"can_uninstall_agents"`
	CanUpdateAgents             bool `json:"can_update_agents"`
	CanEditAgent                bool `json:"can_edit_agent"`
	CanManageProcs              bool `json:"can_manage_procs"`
	CanViewEventlogs            bool `json:"can_view_eventlogs"`
	CanSendCmd                  bool `json:"can_send_cmd"`
	CanRebootAgents             bool `json:"can_reboot_agents"`
	CanInstallAgents            bool `json:"can_install_agents"`
	CanRunScripts               bool `json:"can_run_scripts"`
	CanRunBulk                  bool `json:"can_run_bulk"`
	CanRecoverAgents            bool `json:"can_recover_agents"`
	CanListAgentHistory         bool `json:"can_list_agent_history"`
	CanSendWol                  bool `json:"can_send_wol"`
	CanUseRegistry              bool `json:"can_use_registry"`
	CanUseTerminal              bool `json:"can_use_terminal"`
	CanListNotes                bool `json:"can_list_notes"`
	CanManageNotes              bool `json:"can_manage_notes"`
	CanViewCoreSettings         bool `json:"can_view_core_settings"`
	CanEditCoreSettings         bool `json:"can_edit_core_settings"`
	CanDoServerMaint            bool `json:"can_do_server_maint"`
	CanCodeSign                 bool `json:"can_code_sign"`
	CanRunUrlactions            bool `json:"can_run_urlactions"`
	CanViewCustomfields         bool `json:"can_view_customfields"`
	CanManageCustomfields       bool `json:"can_manage_customfields"`
	CanRunServerScripts         bool `json:"can_run_server_scripts"`
	CanUseWebterm               bool `json:"can_use_webterm"`
	CanViewGlobalKeystore       bool `json:"can_view_global_keystore"`
	CanEditGlobalKeystore       bool `json:"can_edit_global_keystore"`
	CanViewSchedules            bool `json:"can_view_schedules"`
	CanManageSchedules          bool `json:"can_manage_schedules"`
	CanListChecks               bool `json:"can_list_checks"`
	CanManageChecks             bool `json:"can_manage_checks"`
	CanRunChecks                bool `json:"can_run_checks"`
	CanListClients              bool `json:"can_list_clients"`
	CanManageClients            bool `json:"can_manage_clients"`
	CanListSites                bool `json:"can_list_sites"`
	CanManageSites              bool `json:"can_manage_sites"`
	CanListDeployments          bool `json:"can_list_deployments"`
	CanManageDeployments        bool `json:"can_manage_deployments"`
	CanListAutomationPolicies   bool `json:"can_list_automation_policies"`
	CanManageAutomationPolicies bool `json:"can_manage_automation_policies"`
	CanListAutotasks            bool `json:"can_list_autotasks"`
	CanManageAutotasks          bool `json:"can_manage_autotasks"`
	CanRunAutotasks             bool `json:"can_run_autotasks"`
	CanViewAuditlogs            bool `json:"can_view_auditlogs"`
	CanListPendingactions       bool `json:"can_list_pendingactions"`
	CanManagePendingactions     bool `json:"can_manage_pendingactions"`
	CanViewDebuglogs            bool `json:"can_view_debuglogs"`
	CanListScripts              bool `json:"can_list_scripts"`
	CanManageScripts            bool `json:"can_manage_scripts"`
	CanListAlerts               bool `json:"can_list_alerts"`
	CanManageAlerts             bool `json:"can_manage_alerts"`
	CanListAlerttemplates       bool `json:"can_list_alerttemplates"`
	CanManageAlerttemplates     bool `json:"can_manage_alerttemplates"`
	CanManageWinsvcs            bool `json:"can_manage_winsvcs"`
	CanListSoftware             bool `json:"can_list_software"`
	CanManageSoftware           bool `json:"can_manage_software"`
	CanManageWinupdates         bool `json:"can_manage_winupdates"`
	CanListAccounts             bool `json:"can_list_accounts"`
	CanManageAccounts           bool `json:"can_manage_accounts"`
	CanListRoles                bool `json:"can_list_roles"`
	CanManageRoles              bool `json:"can_manage_roles"`
	CanListApiKeys              bool `json:"can_list_api_keys"`
	CanManageApiKeys            bool `json:"can_manage_api_keys"`
	CanViewReports              bool `json:"can_view_reports"`
	CanManageReports            bool `json:"can_manage_reports"`
}

func toRole(r accounts.Role) Role {
	return Role{
		ID: r.ID, UserCount: r.UserCount, CreatedBy: r.CreatedBy, CreatedTime: rest.AtPtr(r.CreatedTime), ModifiedBy: r.ModifiedBy,
		ModifiedTime: rest.AtPtr(r.ModifiedTime), Name: r.Name, CanViewClients: r.Clients, CanViewSites: r.Sites,
		RoleFlags: toRoleFlags(r.Flags),
	}
}

func toRoleFlags(set map[string]bool) RoleFlags {
	return RoleFlags{
		IsSuperuser:                 set["is_superuser"],
		CanListAgents:               set["can_list_agents"],
		CanUseMesh:                  set["can_use_mesh"],
		CanUninstallAgents:          set["can_uninstall_agents"],
		CanUpdateAgents:             set["can_update_agents"],
		CanEditAgent:                set["can_edit_agent"],
		CanManageProcs:              set["can_manage_procs"],
		CanViewEventlogs:            set["can_view_eventlogs"],
		CanSendCmd:                  set["can_send_cmd"],
		CanRebootAgents:             set["can_reboot_agents"],
		CanInstallAgents:            set["can_install_agents"],
		CanRunScripts:               set["can_run_scripts"],
		CanRunBulk:                  set["can_run_bulk"],
		CanRecoverAgents:            set["can_recover_agents"],
		CanListAgentHistory:         set["can_list_agent_history"],
		CanSendWol:                  set["can_send_wol"],
		CanUseRegistry:              set["can_use_registry"],
		CanUseTerminal:              set["can_use_terminal"],
		CanListNotes:                set["can_list_notes"],
		CanManageNotes:              set["can_manage_notes"],
		CanViewCoreSettings:         set["can_view_core_settings"],
		CanEditCoreSettings:         set["can_edit_core_settings"],
		CanDoServerMaint:            set["can_do_server_maint"],
		CanCodeSign:                 set["can_code_sign"],
		CanRunUrlactions:            set["can_run_urlactions"],
		CanViewCustomfields:         set["can_view_customfields"],
		CanManageCustomfields:       set["can_manage_customfields"],
		CanRunServerScripts:         set["can_run_server_scripts"],
		CanUseWebterm:               set["can_use_webterm"],
		CanViewGlobalKeystore:       set["can_view_global_keystore"],
		CanEditGlobalKeystore:       set["can_edit_global_keystore"],
		CanViewSchedules:            set["can_view_schedules"],
		CanManageSchedules:          set["can_manage_schedules"],
		CanListChecks:               set["can_list_checks"],
		CanManageChecks:             set["can_manage_checks"],
		CanRunChecks:                set["can_run_checks"],
		CanListClients:              set["can_list_clients"],
		CanManageClients:            set["can_manage_clients"],
		CanListSites:                set["can_list_sites"],
		CanManageSites:              set["can_manage_sites"],
		CanListDeployments:          set["can_list_deployments"],
		CanManageDeployments:        set["can_manage_deployments"],
		CanListAutomationPolicies:   set["can_list_automation_policies"],
		CanManageAutomationPolicies: set["can_manage_automation_policies"],
		CanListAutotasks:            set["can_list_autotasks"],
		CanManageAutotasks:          set["can_manage_autotasks"],
		CanRunAutotasks:             set["can_run_autotasks"],
		CanViewAuditlogs:            set["can_view_auditlogs"],
		CanListPendingactions:       set["can_list_pendingactions"],
		CanManagePendingactions:     set["can_manage_pendingactions"],
		CanViewDebuglogs:            set["can_view_debuglogs"],
		CanListScripts:              set["can_list_scripts"],
		CanManageScripts:            set["can_manage_scripts"],
		CanListAlerts:               set["can_list_alerts"],
		CanManageAlerts:             set["can_manage_alerts"],
		CanListAlerttemplates:       set["can_list_alerttemplates"],
		CanManageAlerttemplates:     set["can_manage_alerttemplates"],
		CanManageWinsvcs:            set["can_manage_winsvcs"],
		CanListSoftware:             set["can_list_software"],
		CanManageSoftware:           set["can_manage_software"],
		CanManageWinupdates:         set["can_manage_winupdates"],
		CanListAccounts:             set["can_list_accounts"],
		CanManageAccounts:           set["can_manage_accounts"],
		CanListRoles:                set["can_list_roles"],
		CanManageRoles:              set["can_manage_roles"],
		CanListApiKeys:              set["can_list_api_keys"],
		CanManageApiKeys:            set["can_manage_api_keys"],
		CanViewReports:              set["can_view_reports"],
		CanManageReports:            set["can_manage_reports"],
	}
}

// roleBody is what writing a role takes. Name is asked of a full write only through its rule; flags that are absent keep
// their value.
type roleBody struct {
	Name rest.Field[string] `json:"name" rule:"required,max=255,pattern=name"`
	roleFlagFields
	CanViewClients rest.Field[[]int32] `json:"can_view_clients" rule:"ref=client"`
	CanViewSites   rest.Field[[]int32] `json:"can_view_sites" rule:"ref=site"`
}

type roleFlagFields struct {
	IsSuperuser                 rest.Field[bool] `json:"is_superuser"`
	CanListAgents               rest.Field[bool] `json:"can_list_agents"`
	CanUseMesh                  rest.Field[bool] `json:"can_use_mesh"`
	CanUninstallAgents          rest.Field[bool] `json:"can_uninstall_agents"`
	CanUpdateAgents             rest.Field[bool] `json:"can_update_agents"`
	CanEditAgent                rest.Field[bool] `json:"can_edit_agent"`
	CanManageProcs              rest.Field[bool] `json:"can_manage_procs"`
	CanViewEventlogs            rest.Field[bool] `json:"can_view_eventlogs"`
	CanSendCmd                  rest.Field[bool] `json:"can_send_cmd"`
	CanRebootAgents             rest.Field[bool] `json:"can_reboot_agents"`
	CanInstallAgents            rest.Field[bool] `json:"can_install_agents"`
	CanRunScripts               rest.Field[bool] `json:"can_run_scripts"`
	CanRunBulk                  rest.Field[bool] `json:"can_run_bulk"`
	CanRecoverAgents            rest.Field[bool] `json:"can_recover_agents"`
	CanListAgentHistory         rest.Field[bool] `json:"can_list_agent_history"`
	CanSendWol                  rest.Field[bool] `json:"can_send_wol"`
	CanUseRegistry              rest.Field[bool] `json:"can_use_registry"`
	CanUseTerminal              rest.Field[bool] `json:"can_use_terminal"`
	CanListNotes                rest.Field[bool] `json:"can_list_notes"`
	CanManageNotes              rest.Field[bool] `json:"can_manage_notes"`
	CanViewCoreSettings         rest.Field[bool] `json:"can_view_core_settings"`
	CanEditCoreSettings         rest.Field[bool] `json:"can_edit_core_settings"`
	CanDoServerMaint            rest.Field[bool] `json:"can_do_server_maint"`
	CanCodeSign                 rest.Field[bool] `json:"can_code_sign"`
	CanRunUrlactions            rest.Field[bool] `json:"can_run_urlactions"`
	CanViewCustomfields         rest.Field[bool] `json:"can_view_customfields"`
	CanManageCustomfields       rest.Field[bool] `json:"can_manage_customfields"`
	CanRunServerScripts         rest.Field[bool] `json:"can_run_server_scripts"`
	CanUseWebterm               rest.Field[bool] `json:"can_use_webterm"`
	CanViewGlobalKeystore       rest.Field[bool] `json:"can_view_global_keystore"`
	CanEditGlobalKeystore       rest.Field[bool] `json:"can_edit_global_keystore"`
	CanViewSchedules            rest.Field[bool] `json:"can_view_schedules"`
	CanManageSchedules          rest.Field[bool] `json:"can_manage_schedules"`
	CanListChecks               rest.Field[bool] `json:"can_list_checks"`
	CanManageChecks             rest.Field[bool] `json:"can_manage_checks"`
	CanRunChecks                rest.Field[bool] `json:"can_run_checks"`
	CanListClients              rest.Field[bool] `json:"can_list_clients"`
	CanManageClients            rest.Field[bool] `json:"can_manage_clients"`
	CanListSites                rest.Field[bool] `json:"can_list_sites"`
	CanManageSites              rest.Field[bool] `json:"can_manage_sites"`
	CanListDeployments          rest.Field[bool] `json:"can_list_deployments"`
	CanManageDeployments        rest.Field[bool] `json:"can_manage_deployments"`
	CanListAutomationPolicies   rest.Field[bool] `json:"can_list_automation_policies"`
	CanManageAutomationPolicies rest.Field[bool] `json:"can_manage_automation_policies"`
	CanListAutotasks            rest.Field[bool] `json:"can_list_autotasks"`
	CanManageAutotasks          rest.Field[bool] `json:"can_manage_autotasks"`
	CanRunAutotasks             rest.Field[bool] `json:"can_run_autotasks"`
	CanViewAuditlogs            rest.Field[bool] `json:"can_view_auditlogs"`
	CanListPendingactions       rest.Field[bool] `json:"can_list_pendingactions"`
	CanManagePendingactions     rest.Field[bool] `json:"can_manage_pendingactions"`
	CanViewDebuglogs            rest.Field[bool] `json:"can_view_debuglogs"`
	CanListScripts              rest.Field[bool] `json:"can_list_scripts"`
	CanManageScripts            rest.Field[bool] `json:"can_manage_scripts"`
	CanListAlerts               rest.Field[bool] `json:"can_list_alerts"`
	CanManageAlerts             rest.Field[bool] `json:"can_manage_alerts"`
	CanListAlerttemplates       rest.Field[bool] `json:"can_list_alerttemplates"`
	CanManageAlerttemplates     rest.Field[bool] `json:"can_manage_alerttemplates"`
	CanManageWinsvcs            rest.Field[bool] `json:"can_manage_winsvcs"`
	CanListSoftware             rest.Field[bool] `json:"can_list_software"`
	CanManageSoftware           rest.Field[bool] `json:"can_manage_software"`
	CanManageWinupdates         rest.Field[bool] `json:"can_manage_winupdates"`
	CanListAccounts             rest.Field[bool] `json:"can_list_accounts"`
	CanManageAccounts           rest.Field[bool] `json:"can_manage_accounts"`
	CanListRoles                rest.Field[bool] `json:"can_list_roles"`
	CanManageRoles              rest.Field[bool] `json:"can_manage_roles"`
	CanListApiKeys              rest.Field[bool] `json:"can_list_api_keys"`
	CanManageApiKeys            rest.Field[bool] `json:"can_manage_api_keys"`
	CanViewReports              rest.Field[bool] `json:"can_view_reports"`
	CanManageReports            rest.Field[bool] `json:"can_manage_reports"`
}

// apply writes the flags that were sent.
func (f *roleFlagFields) apply(flags map[string]bool) {
	for name, field := range map[string]rest.Field[bool]{
		"is_superuser":                   f.IsSuperuser,
		"can_list_agents":                f.CanListAgents,
		"can_use_mesh":                   f.CanUseMesh,
		"can_uninstall_agents":           f.CanUninstallAgents,
		"can_update_agents":              f.CanUpdateAgents,
		"can_edit_agent":                 f.CanEditAgent,
		"can_manage_procs":               f.CanManageProcs,
		"can_view_eventlogs":             f.CanViewEventlogs,
		"can_send_cmd":                   f.CanSendCmd,
		"can_reboot_agents":              f.CanRebootAgents,
		"can_install_agents":             f.CanInstallAgents,
		"can_run_scripts":                f.CanRunScripts,
		"can_run_bulk":                   f.CanRunBulk,
		"can_recover_agents":             f.CanRecoverAgents,
		"can_list_agent_history":         f.CanListAgentHistory,
		"can_send_wol":                   f.CanSendWol,
		"can_use_registry":               f.CanUseRegistry,
		"can_use_terminal":               f.CanUseTerminal,
		"can_list_notes":                 f.CanListNotes,
		"can_manage_notes":               f.CanManageNotes,
		"can_view_core_settings":         f.CanViewCoreSettings,
		"can_edit_core_settings":         f.CanEditCoreSettings,
		"can_do_server_maint":            f.CanDoServerMaint,
		"can_code_sign":                  f.CanCodeSign,
		"can_run_urlactions":             f.CanRunUrlactions,
		"can_view_customfields":          f.CanViewCustomfields,
		"can_manage_customfields":        f.CanManageCustomfields,
		"can_run_server_scripts":         f.CanRunServerScripts,
		"can_use_webterm":                f.CanUseWebterm,
		"can_view_global_keystore":       f.CanViewGlobalKeystore,
		"can_edit_global_keystore":       f.CanEditGlobalKeystore,
		"can_view_schedules":             f.CanViewSchedules,
		"can_manage_schedules":           f.CanManageSchedules,
		"can_list_checks":                f.CanListChecks,
		"can_manage_checks":              f.CanManageChecks,
		"can_run_checks":                 f.CanRunChecks,
		"can_list_clients":               f.CanListClients,
		"can_manage_clients":             f.CanManageClients,
		"can_list_sites":                 f.CanListSites,
		"can_manage_sites":               f.CanManageSites,
		"can_list_deployments":           f.CanListDeployments,
		"can_manage_deployments":         f.CanManageDeployments,
		"can_list_automation_policies":   f.CanListAutomationPolicies,
		"can_manage_automation_policies": f.CanManageAutomationPolicies,
		"can_list_autotasks":             f.CanListAutotasks,
		"can_manage_autotasks":           f.CanManageAutotasks,
		"can_run_autotasks":              f.CanRunAutotasks,
		"can_view_auditlogs":             f.CanViewAuditlogs,
		"can_list_pendingactions":        f.CanListPendingactions,
		"can_manage_pendingactions":      f.CanManagePendingactions,
		"can_view_debuglogs":             f.CanViewDebuglogs,
		"can_list_scripts":               f.CanListScripts,
		"can_manage_scripts":             f.CanManageScripts,
		"can_list_alerts":                f.CanListAlerts,
		"can_manage_alerts":              f.CanManageAlerts,
		"can_list_alerttemplates":        f.CanListAlerttemplates,
		"can_manage_alerttemplates":      f.CanManageAlerttemplates,
		"can_manage_winsvcs":             f.CanManageWinsvcs,
		"can_list_software":              f.CanListSoftware,
		"can_manage_software":            f.CanManageSoftware,
		"can_manage_winupdates":          f.CanManageWinupdates,
		"can_list_accounts":              f.CanListAccounts,
		"can_manage_accounts":            f.CanManageAccounts,
		"can_list_roles":                 f.CanListRoles,
		"can_manage_roles":               f.CanManageRoles,
		"can_list_api_keys":              f.CanListApiKeys,
		"can_manage_api_keys":            f.CanManageApiKeys,
		"can_view_reports":               f.CanViewReports,
		"can_manage_reports":             f.CanManageReports,
	} {
		if field.Present() {
			flags[name] = field.Value
		}
	}
}

func (b *roleBody) applyTo(r *accounts.Role) {
	b.Name.Apply(&r.Name)
	b.apply(r.Flags)
	b.CanViewClients.Apply(&r.Clients)
	b.CanViewSites.Apply(&r.Sites)
}
