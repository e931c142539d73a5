import { infiniteQueryOptions, queryOptions } from '@tanstack/react-query';
import type { ValueInput } from '../admin-types';
import type { ApiClient } from '../client';
import { filterQuery, type AgentFilters } from '../filters';
import type { AgentCounts, AgentDetail, AgentPage, AgentRow, HistoryEntry, MonitoringType, Note, Process, RunScriptRequest } from '../types';

const pageSize = 100;

export const agentKeys = {
  all: ['agents'] as const,
  lists: ['agents', 'list'] as const,
  counts: ['agents', 'counts'] as const,
  rows: ['agents', 'row'] as const,
  row: (id: string) => ['agents', 'row', id] as const,
  detail: (id: string) => ['agents', 'detail', id] as const,
  history: (id: string) => ['agents', 'history', id] as const,
  notes: (id: string) => ['agents', 'notes', id] as const,
  processes: (id: string) => ['agents', 'processes', id] as const,
};

export function agentListQuery(api: ApiClient, filters: AgentFilters) {
  return infiniteQueryOptions({
    queryKey: [...agentKeys.lists, filters] as const,
    queryFn: ({ pageParam, signal }) =>
      api.get<AgentPage>('/v1/agents', {
        query: { ...filterQuery(filters), limit: pageSize, cursor: pageParam },
        signal,
      }),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next_cursor,
  });
}

export function agentCountsQuery(api: ApiClient, filters: AgentFilters) {
  const narrowing: AgentFilters = { ...filters, sort: undefined };
  return queryOptions({
    queryKey: [...agentKeys.counts, narrowing] as const,
    queryFn: ({ signal }) => api.get<AgentCounts>('/v1/agents/counts', { query: filterQuery(narrowing), signal }),
  });
}

/** A few agents that a text finds, for choosing one. */
export function agentSearchQuery(api: ApiClient, q: string) {
  return queryOptions({
    queryKey: ['agents', 'search', q] as const,
    queryFn: ({ signal }) => api.get<AgentPage>('/v1/agents', { query: { q: q.replace(/ \(.*\)$/, ''), limit: 20 }, signal }),
  });
}

export function agentRowQuery(api: ApiClient, id: string) {
  return queryOptions({
    queryKey: agentKeys.row(id),
    queryFn: ({ signal }) => api.get<AgentRow>(`/v1/agents/${encodeURIComponent(id)}`, { signal }),
  });
}

export function agentDetailQuery(api: ApiClient, id: string) {
  return queryOptions({
    queryKey: agentKeys.detail(id),
    queryFn: ({ signal }) => api.get<AgentDetail>(agentPath(id), { signal }),
  });
}

export function historyQuery(api: ApiClient, id: string) {
  return queryOptions({
    queryKey: agentKeys.history(id),
    queryFn: async ({ signal }) => {
      const entries = await api.get<HistoryEntry[]>(`${agentPath(id)}history/`, { signal });
      return entries.sort((a, b) => b.time.localeCompare(a.time));
    },
  });
}

export function notesQuery(api: ApiClient, id: string) {
  return queryOptions({
    queryKey: agentKeys.notes(id),
    queryFn: async ({ signal }) => {
      const notes = await api.get<Note[]>(`${agentPath(id)}notes/`, { signal });
      return notes.sort((a, b) => b.entry_time.localeCompare(a.entry_time));
    },
  });
}

export function processesQuery(api: ApiClient, id: string, everyMs: number | false) {
  return queryOptions({
    queryKey: agentKeys.processes(id),
    queryFn: ({ signal }) => api.get<Process[]>(`${agentPath(id)}processes/`, { signal }),
    refetchInterval: everyMs,
    staleTime: 0,
    retry: false,
  });
}

/** The writable fields of `PUT /agents/<id>/` this app sends; absent ones stay as they are. */
export interface AgentEdit {
  description?: string;
  monitoring_type?: MonitoringType;
  site?: number;
  check_interval?: number;
  offline_time?: number;
  overdue_time?: number;
  maintenance_mode?: boolean;
  time_zone?: string | null;
  overdue_dashboard_alert?: boolean;
  overdue_email_alert?: boolean;
  overdue_text_alert?: boolean;
  custom_fields?: ValueInput[];
}

export const agentCalls = {
  edit: (api: ApiClient, id: string, edit: AgentEdit) => api.put<string>(agentPath(id), edit),
  remove: (api: ApiClient, id: string) => api.delete<string>(agentPath(id)),
  reboot: (api: ApiClient, id: string) => api.post<string>(`${agentPath(id)}reboot/`),
  refresh: (api: ApiClient, id: string) => api.post<string>(`${agentPath(id)}wmi/`, {}, { timeout: 40_000 }),
  runScript: (api: ApiClient, id: string, request: RunScriptRequest) =>
    api.post<string>(`${agentPath(id)}runscript/`, request, { timeout: (request.timeout + 20) * 1000 }),
  endProcess: (api: ApiClient, id: string, pid: number) => api.delete<string>(`${agentPath(id)}processes/${pid}/`),
  addNote: (api: ApiClient, id: string, note: string) => api.post<string>('/agents/notes/', { agent_id: id, note }),
  editNote: (api: ApiClient, pk: number, note: string) => api.put<string>(`/agents/notes/${pk}/`, { note }),
  removeNote: (api: ApiClient, pk: number) => api.delete<string>(`/agents/notes/${pk}/`),
};

function agentPath(id: string): string {
  return `/agents/${encodeURIComponent(id)}/`;
}
