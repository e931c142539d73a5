import { infiniteQueryOptions, queryOptions } from '@tanstack/react-query';
import type { AuditRow, AuditWindow, DebugWindow, PendingWindow } from '../admin-types';
import type { ApiClient, Query } from '../client';

const pageSize = 50;

export const logKeys = {
  audit: ['audit-log'] as const,
  auditRow: (id: number) => ['audit-log', 'row', id] as const,
  debug: ['debug-log'] as const,
  pending: ['pending-actions'] as const,
};

/** The audit log, newest first, a window at a time. `filters` are the parameters of `GET /v1/audit-log`. */
export function auditQuery(api: ApiClient, filters: Query) {
  return infiniteQueryOptions({
    queryKey: [...logKeys.audit, 'list', filters] as const,
    queryFn: ({ pageParam, signal }) => api.get<AuditWindow>('/v1/audit-log', { query: { ...filters, limit: pageSize, cursor: pageParam }, signal }),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next_cursor,
  });
}

export function auditRowQuery(api: ApiClient, id: number) {
  return queryOptions({
    queryKey: logKeys.auditRow(id),
    queryFn: ({ signal }) => api.get<AuditRow>(`/v1/audit-log/${id}`, { signal }),
    staleTime: Infinity, // the log is append-only
  });
}

export function debugQuery(api: ApiClient, filters: Query) {
  return infiniteQueryOptions({
    queryKey: [...logKeys.debug, filters] as const,
    queryFn: ({ pageParam, signal }) => api.get<DebugWindow>('/v1/debug-log', { query: { ...filters, limit: pageSize, cursor: pageParam }, signal }),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next_cursor,
  });
}

export function pendingQuery(api: ApiClient, filters: Query) {
  return infiniteQueryOptions({
    queryKey: [...logKeys.pending, filters] as const,
    queryFn: ({ pageParam, signal }) => api.get<PendingWindow>('/v1/pending-actions', { query: { ...filters, limit: pageSize, cursor: pageParam }, signal }),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next_cursor,
  });
}

export const logCalls = {
  cancel: (api: ApiClient, id: number) => api.delete<string>(`/logs/pendingactions/${id}/`, { timeout: 40_000 }),
  exportAudit: (api: ApiClient, filters: Query) => api.file('/v1/audit-log/export', filters),
  exportDebug: (api: ApiClient, filters: Query) => api.file('/v1/debug-log/export', filters),
};
