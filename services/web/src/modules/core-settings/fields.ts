import type { CoreSettings } from '@/api/admin-types';
import type { Section } from './sections';

/** What this page does not edit: who changed it when, and what other pages or later parts of the product own. */
type Elsewhere =
  | 'id' | 'all_timezones' | 'created_by' | 'created_time' | 'modified_by' | 'modified_time' | 'sso_enabled' | 'block_local_user_logon'
  | 'alert_template'; // prettier-ignore

export type SettingKey = Exclude<keyof CoreSettings, Elsewhere>;
export type SettingsDraft = Pick<CoreSettings, SettingKey>;

type Kind =
  | { kind: 'text'; mono?: boolean; nullable?: boolean }
  | { kind: 'secret' }
  | { kind: 'number'; suffix?: string; max?: number }
  | { kind: 'switch' }
  | { kind: 'choice'; options: readonly (readonly [string, string])[] }
  | { kind: 'list'; placeholder: string }
  | { kind: 'zone' }
  | { kind: 'policy' };

export type FieldSpec = Kind & {
  section: Section;
  label: string;
  help?: string;
  /** Further words under which the search finds it. */
  words?: string;
  /** Shown only while this holds. */
  when?: (draft: SettingsDraft) => boolean;
};

const days = { kind: 'number', suffix: ' days', section: 'retention', help: '0 keeps them for ever' } as const;

const shellChoices = {
  windows: [['cmd', 'Command prompt'], ['powershell', 'PowerShell'], ['custom', 'Another program']],
  unix: [['bash', 'bash'], ['custom', 'Another program']],
} as const; // prettier-ignore

/** Every field of the global settings that this page edits. A field that the interface gains does not compile until it is here. */
export const fields: Readonly<Record<SettingKey, FieldSpec>> = {
  agent_auto_update: { section: 'agents', kind: 'switch', label: 'Update agents by themselves', help: 'Agents get the newest version within an hour', words: 'upgrade automatic' },
  agent_debug_level: {
    section: 'agents', kind: 'choice', label: 'Debug log of agents', help: 'What is less severe is not kept', words: 'log level',
    options: [['info', 'Everything'], ['warning', 'Warnings and worse'], ['error', 'Errors and worse'], ['critical', 'Only what is critical']],
  },
  server_policy: { section: 'agents', kind: 'policy', label: 'Default policy of servers', help: 'For servers that no nearer policy covers', words: 'automation' },
  workstation_policy: { section: 'agents', kind: 'policy', label: 'Default policy of workstations', help: 'For workstations that no nearer policy covers', words: 'automation' },

  terminal_mode: {
    section: 'terminal', kind: 'choice', label: 'Terminal', options: [['new', 'Built in'], ['legacy', 'Of the remote desktop']],
  },
  default_shell_windows: { section: 'terminal', kind: 'choice', label: 'Shell on Windows', options: shellChoices.windows },
  default_shell_windows_custom: { section: 'terminal', kind: 'text', mono: true, label: 'Program on Windows', help: 'Its full path', when: (draft) => draft.default_shell_windows === 'custom' },
  default_shell_linux: { section: 'terminal', kind: 'choice', label: 'Shell on Linux', options: shellChoices.unix },
  default_shell_linux_custom: { section: 'terminal', kind: 'text', mono: true, label: 'Program on Linux', help: 'Its full path', when: (draft) => draft.default_shell_linux === 'custom' },
  default_shell_darwin: { section: 'terminal', kind: 'choice', label: 'Shell on macOS', options: shellChoices.unix },
  default_shell_darwin_custom: { section: 'terminal', kind: 'text', mono: true, label: 'Program on macOS', help: 'Its full path', when: (draft) => draft.default_shell_darwin === 'custom' },

  notify_on_warning_alerts: { section: 'alerts', kind: 'switch', label: 'Notify about warnings', help: 'E-mail and text messages also for warnings' },
  notify_on_info_alerts: { section: 'alerts', kind: 'switch', label: 'Notify about information', help: 'E-mail and text messages also for alerts that only inform' },
  clear_faults_days: { section: 'alerts', kind: 'number', suffix: ' days', label: 'Resolve faults by themselves after', help: '0 leaves them open until somebody resolves them' },

  email_alert_recipients: { section: 'email', kind: 'list', label: 'Recipients of alerts', placeholder: 'name@example.com', words: 'mail address' },
  smtp_from_email: { section: 'email', kind: 'text', nullable: true, label: 'Sender', help: 'The address that mail comes from', words: 'from smtp' },
  smtp_from_name: { section: 'email', kind: 'text', nullable: true, label: "Sender's name", words: 'from smtp' },
  smtp_host: { section: 'email', kind: 'text', nullable: true, mono: true, label: 'Mail server', words: 'smtp host' },
  smtp_port: { section: 'email', kind: 'number', max: 65_535, label: 'Port', help: '587 as a rule; 465 for TLS from the start', words: 'smtp' },
  smtp_requires_auth: { section: 'email', kind: 'switch', label: 'The mail server wants a login', words: 'smtp authentication' },
  smtp_host_user: { section: 'email', kind: 'text', nullable: true, mono: true, label: 'Login of the mail server', words: 'smtp user', when: (draft) => draft.smtp_requires_auth },
  smtp_host_password: { section: 'email', kind: 'secret', label: 'Password of the mail server', words: 'smtp', when: (draft) => draft.smtp_requires_auth },

  sms_alert_recipients: { section: 'sms', kind: 'list', label: 'Recipients of text messages', placeholder: '+49 151 12345678', words: 'sms phone number' },
  twilio_number: { section: 'sms', kind: 'text', nullable: true, mono: true, label: 'Twilio number', help: 'The number that messages come from', words: 'sms' },
  twilio_account_sid: { section: 'sms', kind: 'text', nullable: true, mono: true, label: 'Twilio account SID', words: 'sms' },
  twilio_auth_token: { section: 'sms', kind: 'secret', label: 'Twilio token', words: 'sms' },

  check_history_prune_days: { ...days, label: 'Results of checks', words: 'prune retention history' },
  resolved_alerts_prune_days: { ...days, label: 'Resolved alerts', words: 'prune retention' },
  agent_history_prune_days: { ...days, label: 'History of agents', words: 'prune retention commands scripts' },
  debug_log_prune_days: { ...days, label: 'Debug log', words: 'prune retention' },
  audit_log_prune_days: { ...days, label: 'Audit log', words: 'prune retention' },
  report_history_prune_days: { ...days, label: 'History of reports', words: 'prune retention' },

  default_time_zone: { section: 'display', kind: 'zone', label: 'Time zone', help: 'Of agents without one of their own, and of schedules' },
  date_format: { section: 'display', kind: 'text', mono: true, label: 'Format of dates', help: 'For messages and clients that ask for it, such as MMM-DD-YYYY - HH:mm' },

  enable_server_scripts: { section: 'server', kind: 'switch', label: 'Scripts on the server', help: 'Alert actions may run scripts on this server' },
  enable_server_webterminal: { section: 'server', kind: 'switch', label: "The server's own terminal", help: 'Asks for a one-time code each time; off unless you need it', words: 'web terminal' },

  mesh_username: { section: 'mesh', kind: 'text', nullable: true, mono: true, label: 'User', words: 'meshcentral remote desktop' },
  mesh_site: { section: 'mesh', kind: 'text', nullable: true, mono: true, label: 'Address', help: 'Such as https://mesh.example.com', words: 'meshcentral remote desktop url' },
  mesh_token: { section: 'mesh', kind: 'secret', label: 'Login token key', words: 'meshcentral remote desktop' },
  mesh_device_group: { section: 'mesh', kind: 'text', nullable: true, mono: true, label: 'Device group', help: 'Exactly as it is called there', words: 'meshcentral' },
  mesh_company_name: { section: 'mesh', kind: 'text', nullable: true, label: 'Company', help: 'Added to the names of users there', words: 'meshcentral' },
  sync_mesh_with_trmm: { section: 'mesh', kind: 'switch', label: 'Keep users and rights the same there', words: 'meshcentral sync permissions' },

  open_ai_model: { section: 'ai', kind: 'text', mono: true, label: 'Model', words: 'openai' },
  open_ai_token: { section: 'ai', kind: 'secret', label: 'API key', help: 'Of OpenAI; without one nothing is sent there', words: 'openai token' },
}; // prettier-ignore

export const settingKeys = Object.keys(fields) as SettingKey[];

/** What of the settings this page edits. */
export function draftOf(settings: CoreSettings): SettingsDraft {
  return Object.fromEntries(settingKeys.map((key) => [key, settings[key]])) as unknown as SettingsDraft;
}

/** Only what differs: fields that somebody else changed meanwhile stay as they are. */
export function changesOf(base: SettingsDraft, draft: SettingsDraft): Partial<CoreSettings> {
  return Object.fromEntries(settingKeys.filter((key) => JSON.stringify(base[key]) !== JSON.stringify(draft[key])).map((key) => [key, draft[key]]));
}

/** The fields that a search finds: every word has to occur. */
export function found(query: string, sectionTitle: (section: Section) => string): SettingKey[] {
  const wanted = query.toLowerCase().split(/\s+/).filter(Boolean);
  return settingKeys.filter((key) => {
    const { label, help = '', words = '', section } = fields[key];
    const text = `${label} ${help} ${words} ${key} ${sectionTitle(section)}`.toLowerCase();
    return wanted.every((word) => text.includes(word));
  });
}
