import {
  IconAlertTriangle, IconBolt, IconCircleX, IconDeviceDesktop, IconEye, IconInfoCircle, IconLogin, IconLogin2, IconPencil, IconPlayerPlay, IconPlus, IconTerminal2,
  IconTrash, IconUrgent,
} from '@tabler/icons-react'; // prettier-ignore
import { Badge, type Tone } from '@/components/badge';
import type { AuditAction, DebugLevel, DebugType } from './filters';

const actions: Readonly<Record<AuditAction, { word: string; tone: Tone; icon: typeof IconPlus }>> = {
  login: { word: 'Signed in', tone: 'ok', icon: IconLogin },
  failed_login: { word: 'Failed sign-in', tone: 'bad', icon: IconLogin2 },
  add: { word: 'Added', tone: 'ok', icon: IconPlus },
  modify: { word: 'Changed', tone: 'info', icon: IconPencil },
  delete: { word: 'Deleted', tone: 'bad', icon: IconTrash },
  view: { word: 'Viewed', tone: 'off', icon: IconEye },
  execute_command: { word: 'Ran a command', tone: 'warn', icon: IconTerminal2 },
  execute_script: { word: 'Ran a script', tone: 'warn', icon: IconPlayerPlay },
  remote_session: { word: 'Remote session', tone: 'warn', icon: IconDeviceDesktop },
  bulk_action: { word: 'Bulk action', tone: 'warn', icon: IconBolt },
  url_action: { word: 'URL action', tone: 'info', icon: IconBolt },
  agent_install: { word: 'Agent added', tone: 'ok', icon: IconPlus },
  check_run: { word: 'Ran checks', tone: 'off', icon: IconPlayerPlay },
  task_run: { word: 'Ran a task', tone: 'warn', icon: IconPlayerPlay },
};

export function actionWord(action: string): string {
  return action in actions ? actions[action as AuditAction].word : action.replaceAll('_', ' ');
}

export function ActionBadge({ action }: { action: string }) {
  const known = action in actions ? actions[action as AuditAction] : { tone: 'off' as const, icon: IconInfoCircle };
  const Icon = known.icon;
  return (
    <Badge tone={known.tone} pill icon={<Icon size={13} />}>
      {actionWord(action)}
    </Badge>
  );
}

/** Object types of the log in words; others show as they are. */
export const objectWords: Readonly<Record<string, string>> = {
  agent: 'Agent', alerttemplate: 'Alert template', apikey: 'API key', automatedtask: 'Task', bulk: 'Bulk action', check: 'Check', client: 'Client',
  coresettings: 'Global settings', customfield: 'Custom field', deployment: 'Deployment', enrolment: 'Enrolment', export: 'Export', globalkvstore: 'Key store',
  job: 'Job', note: 'Note', policy: 'Policy', role: 'Role', schedule: 'Schedule', script: 'Script', scriptsnippet: 'Snippet', session: 'Session', site: 'Site',
  nonetype: 'None', urlaction: 'URL action', user: 'User', winupdatepolicy: 'Update policy',
}; // prettier-ignore

export function objectWord(type: string): string {
  return objectWords[type] ?? type;
}

const levels: Readonly<Record<DebugLevel, { word: string; tone: Tone; icon: typeof IconPlus }>> = {
  info: { word: 'Info', tone: 'info', icon: IconInfoCircle },
  warning: { word: 'Warning', tone: 'warn', icon: IconAlertTriangle },
  error: { word: 'Error', tone: 'bad', icon: IconCircleX },
  critical: { word: 'Critical', tone: 'bad', icon: IconUrgent },
};

export function levelWord(level: DebugLevel): string {
  return levels[level].word;
}

export function LevelBadge({ level }: { level: string }) {
  const known = level in levels ? levels[level as DebugLevel] : levels.info;
  const Icon = known.icon;
  return (
    <Badge tone={known.tone} icon={<Icon size={15} />}>
      {known.word}
    </Badge>
  );
}

export const debugTypeWords: Readonly<Record<DebugType, string>> = {
  agent_update: 'Agent updates',
  agent_issues: 'Agent issues',
  win_updates: 'Windows updates',
  system_issues: 'System issues',
  scripting: 'Scripts',
};

export function debugTypeWord(type: string): string {
  return type in debugTypeWords ? debugTypeWords[type as DebugType] : type;
}
