/**
 * The shapes of the REST interface this app reads. They are the generated ones with two refinements the description does
 * not carry: closed sets of words instead of any text, and lists that are never null where the server promises it.
 */
import type { StoredValue } from './admin-types.ts';
import type { components } from './schema.gen.ts';

type Wire = components['schemas'];

/** T with some properties said more precisely. A property that the wire lost does not compile. */
type Refine<T, R extends Partial<Record<keyof T, unknown>>> = Omit<T, keyof R> & R;

export type Plat = 'windows' | 'linux' | 'darwin';
export type GoArch = 'amd64' | '386' | 'arm64' | 'arm';
export type MonitoringType = 'server' | 'workstation';
export type AgentStatus = 'online' | 'offline' | 'overdue';
export type Severity = 'info' | 'warning' | 'error';

/** Counters over the checks that apply to one agent. */
export type CheckCounts = Wire['V1agentsChecks'];

/** One row of `GET /v1/agents`; `boot_time` is in Unix seconds. */
export type AgentRow = Refine<Wire['V1agentsRow'], { plat: Plat; monitoring_type: MonitoringType; status: AgentStatus }>;

export type AgentPage = Refine<Wire['V1agentsPage'], { items: AgentRow[] }>;

export type AgentCounts = Wire['V1agentsCounts'];

export type TreeSite = Wire['V1agentsTreeCounts'];

export type TreeClient = Refine<Wire['V1agentsTreeClient'], { sites: TreeSite[] }>;

export type Tree = Refine<Wire['V1agentsTree'], { clients: TreeClient[] }>;

/** One disk as the agent reports it: sizes are text such as `19.5G`. */
export interface Disk {
  device: string;
  fstype: string;
  total: string;
  used: string;
  free: string;
  percent: number;
}

/** The parts of AgentDetail (rest-1.md §2) this app uses. */
export type AgentDetail = Refine<
  Pick<
    Wire['AgentsAgentDetail'],
    | 'agent_id' | 'hostname' | 'version' | 'plat' | 'goarch' | 'operating_system' | 'description' | 'public_ip' | 'site' | 'site_name' | 'client'
    | 'monitoring_type' | 'status' | 'last_seen' | 'boot_time' | 'logged_in_username' | 'last_logged_in_user' | 'needs_reboot' | 'total_ram'
    | 'disks' | 'cpu_model' | 'graphics' | 'local_ips' | 'make_model' | 'physical_disks' | 'wmi_detail' | 'maintenance_mode' | 'offline_time'
    | 'overdue_time' | 'check_interval' | 'time_zone' | 'timezone' | 'all_timezones' | 'overdue_email_alert' | 'overdue_text_alert'
    | 'overdue_dashboard_alert' | 'custom_fields'
  >,
  {
    plat: Plat;
    monitoring_type: MonitoringType;
    status: AgentStatus;
    disks: Disk[] | null;
    cpu_model: string[];
    physical_disks: string[];
    all_timezones: string[];
    wmi_detail: { serialnumber?: string } | null;
    custom_fields: StoredValue[];
  }
>; // prettier-ignore

export type CheckType = 'diskspace' | 'ping' | 'cpuload' | 'memory' | 'winsvc' | 'script' | 'eventlog';

/** What the server holds of the last runs of one check on one agent. */
export type CheckResult = Refine<
  Pick<
    Wire['ChecksCheckResult'],
    'id' | 'status' | 'alert_severity' | 'more_info' | 'last_run' | 'fail_count' | 'stdout' | 'stderr' | 'retcode' | 'execution_time' | 'history'
  >,
  { status: 'passing' | 'failing' | 'pending'; alert_severity: Severity | null }
>;

export type Check = Refine<
  Pick<
    Wire['ChecksCheck'],
    | 'id' | 'check_type' | 'readable_desc' | 'name' | 'disk' | 'ip' | 'script' | 'script_args' | 'env_vars' | 'timeout' | 'warning_threshold'
    | 'error_threshold' | 'info_return_codes' | 'warning_return_codes' | 'success_return_codes' | 'fails_b4_alert' | 'run_interval'
    | 'alert_severity' | 'policy' | 'overridden_by_policy' | 'check_result'
  >,
  {
    check_type: CheckType;
    alert_severity: Severity | null;
    script_args: string[] | null;
    env_vars: string[] | null;
    check_result: CheckResult | Record<string, never>;
  }
>; // prettier-ignore

/** A point of a check's history: percent, or 1 = failing and 0 = passing. */
export type CheckPoint = Wire['ChecksCheckPoint'];

export type ScriptShell = 'powershell' | 'cmd' | 'python' | 'shell' | 'nushell' | 'deno';

export type ScriptRow = Refine<
  Omit<Wire['ScriptsScriptRow'], 'filename'>,
  { shell: ScriptShell; args: string[] | null; env_vars: string[] | null; script_type: 'userdefined' | 'builtin' }
>;

export type Script = Refine<
  Omit<Wire['ScriptsScript'], 'filename' | 'script_hash'>,
  { shell: ScriptShell; args: string[] | null; env_vars: string[] | null }
>;

export type Note = Wire['AgentsNote'];

export interface ScriptResult {
  stdout: string;
  stderr: string;
  retcode: number;
  execution_time: number | string;
}

export type HistoryEntry = Refine<
  Pick<Wire['AgentsAgentHistory'], 'id' | 'time' | 'type' | 'command' | 'username' | 'results' | 'script_results' | 'script_name'>,
  { type: 'cmd_run' | 'script_run' | 'task_run'; script_results: ScriptResult | null }
>;

/** `cpu_percent` is text, for example `0.4`. */
export type Process = Wire['AgentwireProcess'];

export type EnrolmentRequest = Required<
  Refine<Wire['CreateEnrolmentBody'], { monitoring_type: MonitoringType; plat: Plat; goarch: GoArch; client: number; expires_hours: number }>
>;

export type EnrolmentCreated = Wire['V1agentsEnrolmentCreated'];

export type Enrolment = Refine<Wire['V1agentsEnrolment'], { agents: Wire['V1agentsArrival'][] }>;

export interface RunScriptRequest {
  script: number;
  output: 'wait' | 'forget' | 'note' | 'email' | 'collector';
  args: string[];
  env_vars: string[];
  timeout: number;
  run_as_user: boolean;
  emailMode: 'default' | 'custom';
  emails: string[];
  custom_field: number | null;
  save_all_output: boolean;
}

/** What the signed-in user may do; `permissions` are the role flags of rest-1.md §1.16. */
export type Me = Refine<Wire['AccountsMe'], { permissions: string[] }>;
