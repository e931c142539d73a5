import { infiniteQueryOptions, queryOptions } from '@tanstack/react-query';
import type { DeadTask, Health, JobRunPage, PrunableList, Queue } from '../admin-types';
import type { ApiClient, Query } from '../client';

export const serverKeys = {
  health: ['server', 'health'] as const,
  queues: ['server', 'queues'] as const,
  runs: ['server', 'runs'] as const,
  dead: ['server', 'dead'] as const,
  prunable: ['server', 'prunable'] as const,
  lastRun: (job: string) => ['server', 'runs', 'last', job] as const,
};

export const pruneTables = ['audit_logs', 'pending_actions', 'alerts'] as const;
export type PruneTable = (typeof pruneTables)[number];

/** The jobs behind what is started by hand, as the runs call them. */
export const jobNames = {
  reloadBus: 'reload_nats',
  removeOrphans: 'remove_orphaned_tasks',
  audit_logs: 'prune_check_run_audit',
  pending_actions: 'prune_completed_actions',
  alerts: 'prune_alerts',
} as const satisfies Record<PruneTable | 'reloadBus' | 'removeOrphans', string>;

/** How often what runs now is read again while it is in view, milliseconds. */
const watching = 5000;
/** The same for one run that somebody waits for. */
const waiting = 1000;

export function healthQuery(api: ApiClient) {
  return queryOptions({
    queryKey: serverKeys.health,
    queryFn: ({ signal }) => api.get<Health>('/v1/server/health', { signal }),
    refetchInterval: 3 * watching,
  });
}

export function queuesQuery(api: ApiClient) {
  return queryOptions({
    queryKey: serverKeys.queues,
    queryFn: async ({ signal }) => (await api.get<{ items: Queue[] }>('/v1/jobs/queues', { signal })).items,
    refetchInterval: watching,
  });
}

export function runsQuery(api: ApiClient, filters: Query) {
  return infiniteQueryOptions({
    queryKey: [...serverKeys.runs, filters] as const,
    queryFn: ({ pageParam, signal }) => api.get<JobRunPage>('/v1/jobs/runs', { query: { ...filters, limit: 50, cursor: pageParam }, signal }),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next_cursor,
    refetchInterval: watching,
  });
}

/** The newest run of one job, followed closely until it has ended. */
export function lastRunQuery(api: ApiClient, job: string) {
  return queryOptions({
    queryKey: serverKeys.lastRun(job),
    queryFn: async ({ signal }) => (await api.get<JobRunPage>('/v1/jobs/runs', { query: { job, limit: 1 }, signal })).items[0] ?? null,
    refetchInterval: ({ state }) => (state.data?.status === 'queued' || state.data?.status === 'running' ? waiting : 3 * watching),
  });
}

/** How many rows pruning would delete, by table: they are counted once, and again when a prune has ended. */
export function prunableQuery(api: ApiClient) {
  return queryOptions({
    queryKey: serverKeys.prunable,
    queryFn: async ({ signal }): Promise<Partial<Record<PruneTable, number>>> => {
      const { items } = await api.get<PrunableList>('/v1/server/prunable', { signal });
      return Object.fromEntries(items.map(({ table, rows }) => [table, rows]));
    },
  });
}

export function deadQuery(api: ApiClient) {
  return queryOptions({
    queryKey: serverKeys.dead,
    queryFn: async ({ signal }) => (await api.get<{ items: DeadTask[] }>('/v1/jobs/dead', { signal })).items,
    refetchInterval: watching,
  });
}

export const serverCalls = {
  retry: (api: ApiClient, id: string) => api.post<null>(`/v1/jobs/dead/${encodeURIComponent(id)}/retry`),
  forget: (api: ApiClient, id: string) => api.delete<null>(`/v1/jobs/dead/${encodeURIComponent(id)}`),
  reloadBus: (api: ApiClient) => api.post<string>('/core/servermaintenance/', { action: 'reload_nats' }),
  removeOrphans: (api: ApiClient) => api.post<string>('/core/servermaintenance/', { action: 'rm_orphaned_tasks' }),
  prune: (api: ApiClient, tables: PruneTable[]) => api.post<string>('/core/servermaintenance/', { action: 'prune_db', prune_tables: tables }),
  clearCache: (api: ApiClient) => api.get<string>('/core/clearcache/'),
};
