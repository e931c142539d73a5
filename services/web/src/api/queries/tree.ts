import { queryOptions } from '@tanstack/react-query';
import type { ApiClient } from '../client';
import type { Tree } from '../types';

export const treeKey = ['tree'] as const;

/** Clients and sites with their counters; small, whatever the number of agents. */
export function treeQuery(api: ApiClient) {
  return queryOptions({
    queryKey: treeKey,
    queryFn: ({ signal }) => api.get<Tree>('/v1/tree', { signal }),
  });
}

export const clientCalls = {
  add: (api: ApiClient, client: string, site: string) =>
    api.post<string>('/clients/', { client: { name: client }, site: { name: site } }),
  remove: (api: ApiClient, id: number, moveTo: number | null) =>
    api.delete<string>(`/clients/${id}/`, { query: { move_to_site: moveTo } }),
  removeSite: (api: ApiClient, id: number, moveTo: number | null) =>
    api.delete<string>(`/clients/sites/${id}/`, { query: { move_to_site: moveTo } }),
};
