import type { RoleFlag, RoleInput } from '@/api/admin-types';

export interface FlagWords {
  /** On the switch. */
  label: string;
  /** Completes "People with this role can …". */
  says: string;
  /** Why this one deserves a second thought. */
  risk?: string;
  /** Without this flag the right cannot be used in the app. */
  needs?: RoleFlag;
}

export interface FlagGroup {
  title: string;
  flags: Partial<Record<RoleFlag, FlagWords>>;
}

const wholeMachine = 'Whoever may do this controls the machines in scope completely.';

/** Every flag of a role, once, in the order of the editor. A flag that is missing here does not pass the tests. */
export const flagGroups: readonly FlagGroup[] = [
  {
    title: 'Agents',
    flags: {
      can_list_agents: { label: 'See agents', says: 'see agents and their state' },
      can_edit_agent: { label: 'Edit agents', says: 'change their settings and put them into maintenance', needs: 'can_list_agents' },
      can_install_agents: { label: 'Add agents', says: 'add new agents' },
      can_uninstall_agents: { label: 'Remove agents', says: 'remove agents', needs: 'can_list_agents' },
      can_update_agents: { label: 'Update agents', says: 'update the agent software', needs: 'can_list_agents' },
      can_recover_agents: { label: 'Recover agents', says: 'recover agents that do not answer', needs: 'can_list_agents' },
      can_list_agent_history: { label: 'See history', says: 'see what was run on agents', needs: 'can_list_agents' },
      can_list_notes: { label: 'See notes', says: 'read notes', needs: 'can_list_agents' },
      can_manage_notes: { label: 'Write notes', says: 'write and delete notes', needs: 'can_list_notes' },
    },
  },
  {
    title: 'Remote work',
    flags: {
      can_send_cmd: { label: 'Send commands', says: 'run any command', risk: wholeMachine, needs: 'can_list_agents' },
      can_use_terminal: { label: 'Use the terminal', says: 'open a terminal', risk: wholeMachine, needs: 'can_list_agents' },
      can_run_scripts: { label: 'Run scripts', says: 'run scripts', risk: wholeMachine, needs: 'can_list_agents' },
      can_run_bulk: { label: 'Bulk actions', says: 'run commands and scripts on many agents at once', risk: 'One mistake reaches every agent in scope.', needs: 'can_list_agents' },
      can_use_mesh: { label: 'Take control', says: 'take over screens', risk: wholeMachine, needs: 'can_list_agents' },
      can_use_registry: { label: 'Edit the registry', says: 'change the Windows registry', risk: wholeMachine, needs: 'can_list_agents' },
      can_manage_procs: { label: 'Processes', says: 'see and end processes', needs: 'can_list_agents' },
      can_manage_winsvcs: { label: 'Windows services', says: 'see, start and stop Windows services', needs: 'can_list_agents' },
      can_view_eventlogs: { label: 'Event logs', says: 'read Windows event logs', needs: 'can_list_agents' },
      can_reboot_agents: { label: 'Reboot and shut down', says: 'reboot and shut down', needs: 'can_list_agents' },
      can_send_wol: { label: 'Wake up', says: 'wake machines over the network', needs: 'can_list_agents' },
    },
  },
  {
    title: 'Checks, tasks and policies',
    flags: {
      can_list_checks: { label: 'See checks', says: 'see checks and their results' },
      can_manage_checks: { label: 'Manage checks', says: 'add, change and reset checks', needs: 'can_list_checks' },
      can_run_checks: { label: 'Run checks', says: 'run checks now', needs: 'can_list_checks' },
      can_list_autotasks: { label: 'See tasks', says: 'see automated tasks' },
      can_manage_autotasks: { label: 'Manage tasks', says: 'add and change automated tasks', risk: 'A task runs scripts on every agent it applies to.', needs: 'can_list_autotasks' },
      can_run_autotasks: { label: 'Run tasks', says: 'run automated tasks now', needs: 'can_list_autotasks' },
      can_list_automation_policies: { label: 'See policies', says: 'see automation policies' },
      can_manage_automation_policies: {
        label: 'Manage policies', says: 'change automation policies', risk: 'Policies reach agents outside the scope of this role.', needs: 'can_list_automation_policies',
      },
    },
  },
  {
    title: 'Scripts',
    flags: {
      can_list_scripts: { label: 'See scripts', says: 'see scripts' },
      can_manage_scripts: { label: 'Write scripts', says: 'write, change and delete scripts', risk: 'Changed scripts run wherever checks and tasks use them.', needs: 'can_list_scripts' },
      can_run_server_scripts: { label: 'Scripts on the server', says: 'run scripts on the server itself', risk: 'Whoever may do this can reach what the server reaches.' },
    },
  },
  {
    title: 'Alerts',
    flags: {
      can_list_alerts: { label: 'See alerts', says: 'see alerts' },
      can_manage_alerts: { label: 'Manage alerts', says: 'resolve and snooze alerts', needs: 'can_list_alerts' },
      can_list_alerttemplates: { label: 'See alert templates', says: 'see alert templates' },
      can_manage_alerttemplates: { label: 'Manage alert templates', says: 'change alert templates', needs: 'can_list_alerttemplates' },
    },
  },
  {
    title: 'Software and updates',
    flags: {
      can_list_software: { label: 'See software', says: 'see installed software' },
      can_manage_software: { label: 'Manage software', says: 'install and remove software', needs: 'can_list_software' },
      can_manage_winupdates: { label: 'Windows updates', says: 'see, approve and install Windows updates' },
    },
  },
  {
    title: 'Clients and sites',
    flags: {
      can_list_clients: { label: 'See clients', says: 'see clients' },
      can_manage_clients: { label: 'Manage clients', says: 'add, change and delete clients', needs: 'can_list_clients' },
      can_list_sites: { label: 'See sites', says: 'see sites' },
      can_manage_sites: { label: 'Manage sites', says: 'add, change and delete sites', needs: 'can_list_sites' },
      can_list_deployments: { label: 'See deployments', says: 'see and copy install links' },
      can_manage_deployments: { label: 'Manage deployments', says: 'make and delete install links', needs: 'can_list_deployments' },
    },
  },
  {
    title: 'Reports',
    flags: {
      can_view_reports: { label: 'See reports', says: 'run reports' },
      can_manage_reports: { label: 'Manage reports', says: 'write reports' },
      can_view_schedules: { label: 'See schedules', says: 'see schedules' },
      can_manage_schedules: { label: 'Manage schedules', says: 'add, change and delete schedules', needs: 'can_view_schedules' },
    },
  },
  {
    title: 'Logs',
    flags: {
      can_view_auditlogs: { label: 'Audit log', says: 'read and export the audit log' },
      can_view_debuglogs: { label: 'Debug log', says: 'read and export the debug log' },
      can_list_pendingactions: { label: 'See pending actions', says: 'see pending actions' },
      can_manage_pendingactions: { label: 'Cancel pending actions', says: 'cancel pending actions', needs: 'can_list_pendingactions' },
    },
  },
  {
    title: 'People',
    flags: {
      can_list_accounts: { label: 'See users', says: 'see users and their sessions' },
      can_manage_accounts: { label: 'Manage users', says: 'add, block and delete users and reset their passwords', risk: 'Only rights that they have themselves can be given on.', needs: 'can_list_accounts' },
      can_list_roles: { label: 'See roles', says: 'see roles' },
      can_manage_roles: { label: 'Manage roles', says: 'change roles', risk: 'Only rights that they have themselves can be given on.', needs: 'can_list_roles' },
      can_list_api_keys: { label: 'See API keys', says: 'see and read API keys', risk: 'A key acts as its owner, without a second factor.' },
      can_manage_api_keys: { label: 'Manage API keys', says: 'make and delete API keys', risk: 'A key acts as its owner, without a second factor.', needs: 'can_list_api_keys' },
    },
  },
  {
    title: 'The installation',
    flags: {
      can_view_core_settings: { label: 'See global settings', says: 'see global settings', risk: 'The settings contain the credentials of the mail and SMS services.' },
      can_edit_core_settings: { label: 'Edit global settings', says: 'change global settings and URL actions', needs: 'can_view_core_settings' },
      can_view_customfields: { label: 'See custom fields', says: 'see custom fields' },
      can_manage_customfields: { label: 'Manage custom fields', says: 'add, change and delete custom fields', needs: 'can_view_customfields' },
      can_view_global_keystore: { label: 'Read the key store', says: 'read the values of the key store', risk: 'Its values are often passwords.' },
      can_edit_global_keystore: { label: 'Edit the key store', says: 'change the key store', needs: 'can_view_global_keystore' },
      can_run_urlactions: { label: 'URL actions', says: 'open and test URL actions' },
      can_do_server_maint: { label: 'Server maintenance', says: 'see jobs and maintain the server' },
      can_code_sign: { label: 'Code signing', says: 'manage code signing' },
      can_use_webterm: { label: "Server's terminal", says: "open the server's own terminal", risk: 'Whoever may do this controls the server.' },
    },
  },
]; // prettier-ignore

export const allFlags = flagGroups.flatMap((group) => Object.keys(group.flags) as RoleFlag[]);

const words = new Map(flagGroups.flatMap((group) => Object.entries(group.flags) as [RoleFlag, FlagWords][]));

export function wordsOf(flag: RoleFlag): FlagWords {
  const found = words.get(flag);
  if (!found) throw new Error(`the flag ${flag} has no words`);
  return found;
}

/** A role that may do nothing yet. */
export function emptyRole(): RoleInput {
  const flags = Object.fromEntries(allFlags.map((flag) => [flag, false])) as Record<RoleFlag, boolean>;
  return { ...flags, name: '', is_superuser: false, can_view_clients: [], can_view_sites: [] };
}
