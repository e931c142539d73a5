import { resultOf } from '@/api/queries/checks';
import type { Check, CheckType } from '@/api/types';

export const typeNames: Record<CheckType, string> = {
  cpuload: 'CPU load',
  memory: 'Memory',
  diskspace: 'Disk space',
  ping: 'Ping',
  script: 'Script',
  winsvc: 'Windows service',
  eventlog: 'Event log',
};

/** What a check watches, in a few words of ours. */
export function checkTitle(check: Check): string {
  switch (check.check_type) {
    case 'diskspace':
      return `Disk space on ${check.disk ?? '?'}`;
    case 'ping':
      return check.name ? `${check.name} (ping ${check.ip ?? ''})` : `Ping ${check.ip ?? ''}`;
    case 'cpuload':
    case 'memory':
      return typeNames[check.check_type];
    default:
      return check.readable_desc.replace(/^[A-Za-z ]+ Check: /, '') || typeNames[check.check_type];
  }
}

/** Failing before waiting before passing; within that, errors before warnings, and otherwise as they were made. */
export function worstFirst(checks: readonly Check[]): Check[] {
  const rank = (check: Check): number => {
    const result = resultOf(check);
    if (result?.status === 'failing') return result.alert_severity === 'info' ? 2 : result.alert_severity === 'warning' ? 1 : 0;
    return result?.status === 'passing' ? 4 : 3;
  };
  return [...checks].sort((a, b) => rank(a) - rank(b) || a.id - b.id);
}

/** Limits in words, or null when the type has none. */
export function limits(check: Check): string | null {
  const below = check.check_type === 'diskspace';
  const words: string[] = [];
  if (check.warning_threshold) words.push(`warning ${below ? 'below' : 'above'} ${check.warning_threshold} %`);
  if (check.error_threshold) words.push(`error ${below ? 'below' : 'above'} ${check.error_threshold} %`);
  return words.length === 0 ? null : words.join(', ') + (below ? ' free' : '');
}

/** What the last run said, on one line. */
export function moreInfo(check: Check): string {
  const result = resultOf(check);
  if (!result?.last_run) return 'Has not run yet';
  if (check.check_type === 'script') {
    const line = firstLine(result.stdout) || firstLine(result.stderr) || 'no output';
    return `Return code ${result.retcode ?? '?'}: ${line}`;
  }
  if (check.check_type === 'ping') return lastLine(result.more_info) || 'No answer text';
  return firstLine(result.more_info);
}

function firstLine(text: string | null): string {
  return text?.trim().split('\n')[0]?.trim() ?? '';
}

/** ping prints its statistics near the end; the longest of the last lines carries them whatever the language. */
function lastLine(text: string | null): string {
  const lines = text?.trim().split('\n').map((line) => line.trim()).filter(Boolean) ?? []; // prettier-ignore
  return lines.slice(-3).sort((a, b) => b.length - a.length)[0] ?? '';
}

/** What the numbers of a check's history mean. */
export function measure(type: CheckType): 'used' | 'free' | 'state' {
  if (type === 'cpuload' || type === 'memory') return 'used';
  return type === 'diskspace' ? 'free' : 'state';
}
