import { queryOptions } from '@tanstack/react-query';
import type { ApiClient } from '../client';
import type { CustomField, Tree } from '../types';

export const treeKey = ['tree'] as const;

/** Clients and sites with their counters; small, whatever the number of agents. */
export function treeQuery(api: ApiClient) {
  return queryOptions({
    queryKey: treeKey,
    queryFn: ({ signal }) => api.get<Tree>('/v1/tree', { signal }),
  });
}

export function customFieldsQuery(api: ApiClient) {
  return queryOptions({
    queryKey: ['custom-fields'] as const,
    queryFn: ({ signal }) => api.get<CustomField[]>('/core/customfields/', { signal }),
    staleTime: 60_000,
  });
}

export const clientCalls = {
  add: (api: ApiClient, client: string, site: string) =>
    api.post<string>('/clients/', { client: { name: client }, site: { name: site } }),
  rename: (api: ApiClient, id: number, name: string) => api.put<string>(`/clients/${id}/`, { client: { name } }),
  remove: (api: ApiClient, id: number, moveTo: number | null) =>
    api.delete<string>(`/clients/${id}/`, { query: { move_to_site: moveTo } }),
  addSite: (api: ApiClient, client: number, name: string) => api.post<string>('/clients/sites/', { site: { client, name } }),
  renameSite: (api: ApiClient, id: number, name: string) => api.put<string>(`/clients/sites/${id}/`, { site: { name } }),
  removeSite: (api: ApiClient, id: number, moveTo: number | null) =>
    api.delete<string>(`/clients/sites/${id}/`, { query: { move_to_site: moveTo } }),
};
