import { queryOptions } from '@tanstack/react-query';
import type { ApiClient } from '../client';
import type { Check, CheckPoint, CheckResult } from '../types';

export const checkKeys = {
  all: ['checks'] as const,
  agent: (agentId: string) => ['checks', agentId] as const,
  histories: ['check-history'] as const,
  history: (resultId: number, days: number) => ['check-history', resultId, days] as const,
};

/** Facts announce changes of state; runs without a change only move `last_run`, which this keeps fresh, milliseconds. */
const quietRefresh = 30_000;

export function checksQuery(api: ApiClient, agentId: string) {
  return queryOptions({
    queryKey: checkKeys.agent(agentId),
    queryFn: ({ signal }) => api.get<Check[]>(`/agents/${encodeURIComponent(agentId)}/checks/`, { signal }),
    refetchInterval: quietRefresh,
  });
}

/** The history of one check on one agent; `days` 0 means everything. Oldest first, for drawing. */
export function checkHistoryQuery(api: ApiClient, resultId: number, days: number) {
  return queryOptions({
    queryKey: checkKeys.history(resultId, days),
    queryFn: async ({ signal }) => {
      const points = await api.patch<CheckPoint[]>(`/checks/${resultId}/history/`, { timeFilter: days }, { signal });
      return points.reverse();
    },
  });
}

/** The result of a check, or null when it has not run yet (the wire sends an empty object). */
export function resultOf(check: Check): CheckResult | null {
  return 'id' in check.check_result ? (check.check_result as CheckResult) : null;
}

/** What a check form sends; which fields belong to which type is in rest-2.md §3.4. */
export type CheckInput = Partial<Omit<Check, 'id' | 'check_result' | 'readable_desc'>>;

export const checkCalls = {
  add: (api: ApiClient, agentId: string, input: CheckInput) => api.post<string>('/checks/', { ...input, agent: agentId }),
  edit: (api: ApiClient, id: number, input: CheckInput) => api.put<string>(`/checks/${id}/`, input),
  remove: (api: ApiClient, id: number) => api.delete<string>(`/checks/${id}/`),
  reset: (api: ApiClient, resultId: number) => api.post<string>(`/checks/${resultId}/reset/`),
  runAll: (api: ApiClient, agentId: string) => api.post<string>(`/checks/${encodeURIComponent(agentId)}/run/`),
};
