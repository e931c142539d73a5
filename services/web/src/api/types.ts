/**
 * The shapes of the REST interface this app reads. Names are the wire's (rest-1.md §2, rest-2.md §3-§5 and the `/v1/`
 * operations of the OpenAPI document).
 */

export type Plat = 'windows' | 'linux' | 'darwin';
export type GoArch = 'amd64' | '386' | 'arm64' | 'arm';
export type MonitoringType = 'server' | 'workstation';
export type AgentStatus = 'online' | 'offline' | 'overdue';
export type Severity = 'info' | 'warning' | 'error';

export interface NamedRef {
  id: number;
  name: string;
}

/** Counters over the checks that apply to one agent. */
export interface CheckCounts {
  total: number;
  passing: number;
  failing: number;
  warning: number;
  info: number;
  pending?: number;
}

/** One row of `GET /v1/agents`. */
export interface AgentRow {
  id: number;
  agent_id: string;
  hostname: string;
  client: NamedRef;
  site: NamedRef;
  monitoring_type: MonitoringType;
  plat: Plat;
  goarch: string | null;
  status: AgentStatus;
  connected: boolean;
  last_seen: string | null;
  operating_system: string | null;
  version: string;
  logged_in_username: string | null;
  public_ip: string | null;
  local_ips: string | null;
  description: string | null;
  needs_reboot: boolean;
  maintenance_mode: boolean;
  checks: CheckCounts;
  /** Unix seconds. */
  boot_time: number | null;
}

export interface AgentPage {
  items: AgentRow[];
  next_cursor: string | null;
  total: number;
}

export interface AgentCounts {
  total: number;
  online: number;
  offline: number;
  overdue: number;
  failing: number;
  warning: number;
  needs_reboot: number;
  maintenance: number;
  by_plat: Partial<Record<Plat, number>>;
  by_monitoring_type: Partial<Record<MonitoringType, number>>;
}

interface TreeCounts {
  id: number;
  name: string;
  agents: number;
  online: number;
  offline: number;
  overdue: number;
  failing: number;
  warning: number;
  maintenance: number;
}

export type TreeSite = TreeCounts;

export interface TreeClient extends TreeCounts {
  sites: TreeSite[];
}

export interface Tree {
  clients: TreeClient[];
}

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
export interface AgentDetail {
  agent_id: string;
  hostname: string;
  version: string;
  plat: Plat;
  goarch: string | null;
  operating_system: string | null;
  description: string | null;
  public_ip: string | null;
  site: number;
  site_name: string;
  client: string;
  monitoring_type: MonitoringType;
  status: AgentStatus;
  last_seen: string | null;
  boot_time: number | null;
  logged_in_username: string | null;
  last_logged_in_user: string | null;
  needs_reboot: boolean;
  total_ram: number | null;
  checks: CheckCounts;
  disks: Disk[] | null;
  cpu_model: string[];
  graphics: string;
  local_ips: string;
  make_model: string;
  physical_disks: string[];
  wmi_detail: { serialnumber?: string } | null;
  maintenance_mode: boolean;
  offline_time: number;
  overdue_time: number;
  check_interval: number;
  time_zone: string | null;
  timezone: string;
  all_timezones: string[];
  overdue_email_alert: boolean;
  overdue_text_alert: boolean;
  overdue_dashboard_alert: boolean;
  created_time?: string | null;
}

export type CheckType = 'diskspace' | 'ping' | 'cpuload' | 'memory' | 'winsvc' | 'script' | 'eventlog';

/** What the server holds of the last runs of one check on one agent. */
export interface CheckResult {
  id: number;
  status: 'passing' | 'failing' | 'pending';
  alert_severity: Severity | null;
  more_info: string | null;
  last_run: string | null;
  fail_count: number;
  stdout: string | null;
  stderr: string | null;
  retcode: number | null;
  execution_time: string | null;
  history: number[] | null;
}

export interface Check {
  id: number;
  check_type: CheckType;
  readable_desc: string;
  name: string | null;
  disk: string | null;
  ip: string | null;
  script: number | null;
  script_args: string[] | null;
  env_vars: string[] | null;
  timeout: number | null;
  warning_threshold: number | null;
  error_threshold: number | null;
  info_return_codes: number[] | null;
  warning_return_codes: number[] | null;
  success_return_codes: number[] | null;
  fails_b4_alert: number;
  run_interval: number;
  alert_severity: Severity | null;
  policy: number | null;
  overridden_by_policy: boolean;
  check_result: CheckResult | Record<string, never>;
}

/** A point of a check's history: percent, or 1 = failing and 0 = passing. */
export interface CheckPoint {
  x: string;
  y: number | null;
  results: unknown;
}

export interface ScriptRow {
  id: number;
  name: string;
  description: string | null;
  script_type: 'userdefined' | 'builtin';
  shell: ScriptShell;
  args: string[] | null;
  env_vars: string[] | null;
  category: string | null;
  default_timeout: number;
  supported_platforms: string[] | null;
  run_as_user: boolean;
  favorite: boolean;
  hidden: boolean;
  syntax: string | null;
}

export type ScriptShell = 'powershell' | 'cmd' | 'python' | 'shell' | 'nushell' | 'deno';

export interface Script extends Omit<ScriptRow, 'script_type'> {
  script_body: string;
}

export interface Note {
  pk: number;
  entry_time: string;
  note: string | null;
  username?: string;
  agent_id: string;
}

export interface ScriptResult {
  stdout: string;
  stderr: string;
  retcode: number;
  execution_time: number | string;
}

export interface HistoryEntry {
  id: number;
  time: string;
  type: 'cmd_run' | 'script_run' | 'task_run';
  command: string | null;
  username: string;
  results: string | null;
  script_results: ScriptResult | null;
  script_name?: string;
}

export interface Process {
  id: number;
  pid: number;
  name: string;
  username: string;
  membytes: number;
  /** Percent as text, for example `0.4`. */
  cpu_percent: string;
}

export interface ClientSite {
  id: number;
  name: string;
  agent_count?: number;
}

export interface Client {
  id: number;
  name: string;
  agent_count?: number;
  sites: ClientSite[];
}

export interface CustomField {
  id: number;
  model: 'agent' | 'client' | 'site';
  name: string;
}

export interface EnrolmentRequest {
  client: number;
  site: number;
  monitoring_type: MonitoringType;
  plat: Plat;
  goarch: GoArch;
  expires_hours: number;
}

export interface EnrolmentCreated {
  id: string | number;
  command: string;
  expires: string;
}

export interface Enrolment {
  id: string | number;
  expires: string;
  agents: { agent_id: string; hostname: string; first_seen: string | null }[];
}

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
export interface Me {
  username: string;
  is_superuser: boolean;
  permissions: string[];
}
