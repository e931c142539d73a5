import type { Query } from '@/api/client';
import { oneOf, optionalId, optionalText, someOf } from '@/search';

export const auditActions = [
  'login', 'failed_login', 'add', 'modify', 'delete', 'view', 'execute_command', 'execute_script', 'remote_session', 'bulk_action', 'url_action',
  'agent_install', 'check_run', 'task_run',
] as const; // prettier-ignore
export type AuditAction = (typeof auditActions)[number];

export const spans = ['1', '7', '30', '90', 'all'] as const;
export type Span = (typeof spans)[number];

/** What is looked at when the address says nothing: a week, as a log is mostly read for what just happened. */
export const usualSpan: Span = '7';

/** What the audit log shows; the address bar holds exactly this. */
export interface AuditFilters {
  agent?: string;
  client?: number;
  site?: number;
  user?: string;
  action?: AuditAction[];
  object?: string;
  days?: Span;
}

type Search = Record<string, unknown>;

export function parseAuditFilters(search: Search): AuditFilters {
  return {
    agent: optionalText(search.agent),
    client: optionalId(search.client),
    site: optionalId(search.site),
    user: optionalText(search.user),
    action: someOf(search.action, auditActions),
    object: optionalText(search.object),
    days: daysOf(search.days),
  };
}

export const debugLevels = ['info', 'warning', 'error', 'critical'] as const;
export const debugTypes = ['agent_update', 'agent_issues', 'win_updates', 'system_issues', 'scripting'] as const;
export type DebugLevel = (typeof debugLevels)[number];
export type DebugType = (typeof debugTypes)[number];

export interface DebugFilters {
  level?: DebugLevel[];
  type?: DebugType[];
  agent?: string;
  client?: number;
  site?: number;
  days?: Span;
}

export function parseDebugFilters(search: Search): DebugFilters {
  return {
    level: someOf(search.level, debugLevels),
    type: someOf(search.type, debugTypes),
    agent: optionalText(search.agent),
    client: optionalId(search.client),
    site: optionalId(search.site),
    days: daysOf(search.days),
  };
}

export interface PendingFilters {
  status?: 'completed' | 'all';
  agent?: string;
  client?: number;
  site?: number;
}

export function parsePendingFilters(search: Search): PendingFilters {
  return {
    status: oneOf(search.status, ['completed', 'all'] as const),
    agent: optionalText(search.agent),
    client: optionalId(search.client),
    site: optionalId(search.site),
  };
}

/** A span is not in the address when it is the usual one. */
function daysOf(value: unknown): Span | undefined {
  const days = oneOf(optionalText(value), spans);
  return days === usualSpan ? undefined : days;
}

/** The beginning of a span, at its day's full hour so that equal filters stay equal between two looks. */
export function sinceOf(days: Span | undefined, now: Date): string | undefined {
  const span = days ?? usualSpan;
  if (span === 'all') return undefined;
  const since = new Date(now.getTime() - Number(span) * 86_400_000);
  since.setUTCMinutes(0, 0, 0);
  return since.toISOString().replace('.000', '');
}

/** The parameters of the interface for filters of the address. */
export function wireFilters(filters: AuditFilters | DebugFilters, now: Date): Query {
  const { days, ...rest } = filters;
  const query: Query = { since: sinceOf(days, now) };
  for (const [name, value] of Object.entries(rest) as [string, string | number | string[] | undefined][]) {
    query[name] = Array.isArray(value) ? value.join(',') : value;
  }
  return query;
}

/** The parameters of the interface for pending actions: what waits, unless more is wanted. */
export function pendingWire(filters: PendingFilters): Query {
  const { status, ...rest } = filters;
  return { ...rest, status: status === 'all' ? undefined : (status ?? 'pending') };
}
