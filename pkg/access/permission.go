package access

// Permission is the name of a role flag (rest-1.md §1.16). The value is the column and JSON key of the flag.
type Permission string

// The role flags, grouped as in the contract.
const (
	ListAgents       Permission = "can_list_agents"
	UseMesh          Permission = "can_use_mesh"
	UninstallAgents  Permission = "can_uninstall_agents"
	UpdateAgents     Permission = "can_update_agents"
	EditAgent        Permission = "can_edit_agent"
	ManageProcs      Permission = "can_manage_procs"
	ViewEventLogs    Permission = "can_view_eventlogs"
	SendCmd          Permission = "can_send_cmd"
	RebootAgents     Permission = "can_reboot_agents"
	InstallAgents    Permission = "can_install_agents"
	RunScripts       Permission = "can_run_scripts"
	RunBulk          Permission = "can_run_bulk"
	RecoverAgents    Permission = "can_recover_agents"
	ListAgentHistory Permission = "can_list_agent_history"
	SendWOL          Permission = "can_send_wol"
	UseRegistry      Permission = "can_use_registry"
	UseTerminal      Permission = "can_use_terminal"

	ListNotes          Permission = "can_list_notes"
	ManageNotes        Permission = "can_manage_notes"
	ViewCoreSettings   Permission = "can_view_core_settings"
	EditCoreSettings   Permission = "can_edit_core_settings"
	DoServerMaint      Permission = "can_do_server_maint"
	CodeSign           Permission = "can_code_sign"
	RunURLActions      Permission = "can_run_urlactions"
	ViewCustomFields   Permission = "can_view_customfields"
	ManageCustomFields Permission = "can_manage_customfields"
	RunServerScripts   Permission = "can_run_server_scripts"
	UseWebTerm         Permission = "can_use_webterm"
	ViewKeyStore       Permission = "can_view_global_keystore"
	EditKeyStore       Permission = "can_edit_global_keystore"
	ViewSchedules      Permission = "can_view_schedules"
	ManageSchedules    Permission = "can_manage_schedules"

	ListChecks   Permission = "can_list_checks"
	ManageChecks Permission = "can_manage_checks"
	RunChecks    Permission = "can_run_checks"

	ListClients       Permission = "can_list_clients"
	ManageClients     Permission = "can_manage_clients"
	ListSites         Permission = "can_list_sites"
	ManageSites       Permission = "can_manage_sites"
	ListDeployments   Permission = "can_list_deployments"
	ManageDeployments Permission = "can_manage_deployments"

	ListPolicies   Permission = "can_list_automation_policies"
	ManagePolicies Permission = "can_manage_automation_policies"

	ListTasks   Permission = "can_list_autotasks"
	ManageTasks Permission = "can_manage_autotasks"
	RunTasks    Permission = "can_run_autotasks"

	ViewAuditLogs        Permission = "can_view_auditlogs"
	ListPendingActions   Permission = "can_list_pendingactions"
	ManagePendingActions Permission = "can_manage_pendingactions"
	ViewDebugLogs        Permission = "can_view_debuglogs"

	ListScripts   Permission = "can_list_scripts"
	ManageScripts Permission = "can_manage_scripts"

	ListAlerts           Permission = "can_list_alerts"
	ManageAlerts         Permission = "can_manage_alerts"
	ListAlertTemplates   Permission = "can_list_alerttemplates"
	ManageAlertTemplates Permission = "can_manage_alerttemplates"

	ManageWinServices Permission = "can_manage_winsvcs"
	ListSoftware      Permission = "can_list_software"
	ManageSoftware    Permission = "can_manage_software"
	ManageWinUpdates  Permission = "can_manage_winupdates"

	ListAccounts   Permission = "can_list_accounts"
	ManageAccounts Permission = "can_manage_accounts"
	ListRoles      Permission = "can_list_roles"
	ManageRoles    Permission = "can_manage_roles"
	ListAPIKeys    Permission = "can_list_api_keys"
	ManageAPIKeys  Permission = "can_manage_api_keys"

	ViewReports   Permission = "can_view_reports"
	ManageReports Permission = "can_manage_reports"
)

// Permissions returns every role flag in the order in which the contract lists them.
func Permissions() []Permission {
	return []Permission{
		ListAgents, UseMesh, UninstallAgents, UpdateAgents, EditAgent, ManageProcs, ViewEventLogs, SendCmd,
		RebootAgents, InstallAgents, RunScripts, RunBulk, RecoverAgents, ListAgentHistory, SendWOL, UseRegistry,
		UseTerminal,
		ListNotes, ManageNotes, ViewCoreSettings, EditCoreSettings, DoServerMaint, CodeSign, RunURLActions,
		ViewCustomFields, ManageCustomFields, RunServerScripts, UseWebTerm, ViewKeyStore, EditKeyStore,
		ViewSchedules, ManageSchedules,
		ListChecks, ManageChecks, RunChecks,
		ListClients, ManageClients, ListSites, ManageSites, ListDeployments, ManageDeployments,
		ListPolicies, ManagePolicies,
		ListTasks, ManageTasks, RunTasks,
		ViewAuditLogs, ListPendingActions, ManagePendingActions, ViewDebugLogs,
		ListScripts, ManageScripts,
		ListAlerts, ManageAlerts, ListAlertTemplates, ManageAlertTemplates,
		ManageWinServices, ListSoftware, ManageSoftware, ManageWinUpdates,
		ListAccounts, ManageAccounts, ListRoles, ManageRoles, ListAPIKeys, ManageAPIKeys,
		ViewReports, ManageReports,
	}
}
