package agentwire

// Names of the functions an agent knows (agent-protocol.md §3.3).
const (
	FuncPing              = "ping"
	FuncProcs             = "procs"
	FuncKillProc          = "killproc"
	FuncRawCmd            = "rawcmd"
	FuncRunScript         = "runscript"
	FuncRunScriptFull     = "runscriptfull"
	FuncEventLog          = "eventlog"
	FuncWinServices       = "winservices"
	FuncWinSvcDetail      = "winsvcdetail"
	FuncWinSvcAction      = "winsvcaction"
	FuncEditWinSvc        = "editwinsvc"
	FuncSoftwareList      = "softwarelist"
	FuncSchedTask         = "schedtask"
	FuncDelSchedTask      = "delschedtask"
	FuncListSchedTasks    = "listschedtasks"
	FuncRunTask           = "runtask"
	FuncRunChecks         = "runchecks"
	FuncCPULoadAvg        = "cpuloadavg"
	FuncPublicIP          = "publicip"
	FuncNeedsReboot       = "needsreboot"
	FuncSysInfo           = "sysinfo"
	FuncWMI               = "wmi"
	FuncRecover           = "recover"
	FuncShutdown          = "shutdown"
	FuncRebootNow         = "rebootnow"
	FuncPatchMgmt         = "patchmgmt"
	FuncGetWinUpdates     = "getwinupdates"
	FuncInstallWinUpdates = "installwinupdates"
	FuncInstallChoco      = "installchoco"
	FuncInstallWithChoco  = "installwithchoco"
	FuncInstallPython     = "installpython"
	FuncInstallNushell    = "installnushell"
	FuncInstallDeno       = "installdeno"
	FuncAgentUpdate       = "agentupdate"
	FuncUninstall         = "uninstall"
	FuncRegistryBrowse    = "registry_browse"
	FuncRegistryCreateKey = "registry_create_key"
	FuncRegistryDeleteKey = "registry_delete_key"
	FuncRegistryRenameKey = "registry_rename_key"
	FuncRegistryCreateVal = "registry_create_value"
	FuncRegistryDeleteVal = "registry_delete_value"
	FuncRegistryRenameVal = "registry_rename_value"
	FuncRegistryModifyVal = "registry_modify_value"
	FuncTerminalStart     = "terminal_start"
	FuncTerminalInput     = "terminal_input"
	FuncTerminalResize    = "terminal_resize"
	FuncTerminalKill      = "terminal_kill"
)

// Command is what the server publishes on an agent's subject (agent-protocol.md §3.1). Only Func is required. Payload
// holds text only: deployed agents drop a command whose payload has any other value.
type Command struct {
	Func                   string            `msgpack:"func" json:"func"`
	Timeout                int               `msgpack:"timeout,omitempty" json:"timeout,omitempty"` // seconds
	Payload                map[string]string `msgpack:"payload,omitempty" json:"payload,omitempty"`
	ScriptArgs             []string          `msgpack:"script_args,omitempty" json:"script_args,omitempty"`
	EnvVars                []string          `msgpack:"env_vars,omitempty" json:"env_vars,omitempty"` // KEY=VALUE
	RunAsUser              bool              `msgpack:"run_as_user" json:"run_as_user,omitempty"`
	NushellEnableConfig    bool              `msgpack:"nushell_enable_config,omitempty" json:"nushell_enable_config,omitempty"`
	DenoDefaultPermissions string            `msgpack:"deno_default_permissions,omitempty" json:"deno_default_permissions,omitempty"`
	ID                     int               `msgpack:"id,omitempty" json:"id,omitempty"` // history row, 0 = none
	ProcPID                int32             `msgpack:"procpid,omitempty" json:"procpid,omitempty"`
	TaskPK                 int               `msgpack:"taskpk,omitempty" json:"taskpk,omitempty"`
	SchedTask              *SchedTask        `msgpack:"schedtaskpayload,omitempty" json:"schedtaskpayload,omitempty"`
	GUIDs                  []string          `msgpack:"guids,omitempty" json:"guids,omitempty"`
	ChocoProgName          string            `msgpack:"choco_prog_name,omitempty" json:"choco_prog_name,omitempty"`
	PendingActionPK        int               `msgpack:"pending_action_pk,omitempty" json:"pending_action_pk,omitempty"`
	PatchMgmt              bool              `msgpack:"patch_mgmt,omitempty" json:"patch_mgmt,omitempty"`
	Code                   string            `msgpack:"code,omitempty" json:"code,omitempty"`
	RecoveryCommand        string            `msgpack:"recoverycommand,omitempty" json:"recoverycommand,omitempty"`
	Stream                 bool              `msgpack:"stream,omitempty" json:"stream,omitempty"`
}

// Encode renders the command for the wire.
func (c Command) Encode() ([]byte, error) { return marshal("command", c) }

// DecodeCommand reads a command. When only the type of one field is wrong, Func and the fields read so far are returned
// together with the error, so that an agent can still answer the caller.
func DecodeCommand(data []byte) (Command, error) {
	var cmd Command
	err := decode("command", data, limitsCommand, map[string]field{
		"func":                     setText(&cmd.Func),
		"timeout":                  setInt(&cmd.Timeout),
		"payload":                  setTextMap(&cmd.Payload),
		"script_args":              setTexts(&cmd.ScriptArgs),
		"env_vars":                 setTexts(&cmd.EnvVars),
		"run_as_user":              setBool(&cmd.RunAsUser),
		"nushell_enable_config":    setBool(&cmd.NushellEnableConfig),
		"deno_default_permissions": setText(&cmd.DenoDefaultPermissions),
		"id":                       setInt(&cmd.ID),
		"procpid":                  setInt(&cmd.ProcPID),
		"taskpk":                   setInt(&cmd.TaskPK),
		"schedtaskpayload":         setSchedTask(&cmd.SchedTask),
		"guids":                    setTexts(&cmd.GUIDs),
		"choco_prog_name":          setText(&cmd.ChocoProgName),
		"pending_action_pk":        setInt(&cmd.PendingActionPK),
		"patch_mgmt":               setBool(&cmd.PatchMgmt),
		"code":                     setText(&cmd.Code),
		"recoverycommand":          setText(&cmd.RecoveryCommand),
		"stream":                   setBool(&cmd.Stream),
	})
	return cmd, err
}
