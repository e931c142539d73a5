import { queryOptions } from '@tanstack/react-query';
import type { Client, Deployment, DeploymentInput, PlaceInput, Site, ValueInput } from '../admin-types';
import type { ApiClient } from '../client';

export const placeKeys = {
  client: (id: number) => ['clients', id] as const,
  site: (id: number) => ['sites', id] as const,
  all: ['clients'] as const,
  sites: ['sites'] as const,
};

export function clientQuery(api: ApiClient, id: number) {
  return queryOptions({
    queryKey: placeKeys.client(id),
    queryFn: ({ signal }) => api.get<Client>(`/clients/${id}/`, { signal }),
    refetchOnWindowFocus: false,
  });
}

export function siteQuery(api: ApiClient, id: number) {
  return queryOptions({
    queryKey: placeKeys.site(id),
    queryFn: ({ signal }) => api.get<Site>(`/clients/sites/${id}/`, { signal }),
    refetchOnWindowFocus: false,
  });
}

export const placeCalls = {
  addClient: (api: ApiClient, client: PlaceInput, site: string, values: ValueInput[]) =>
    api.post<string>('/clients/', { client, site: { name: site }, custom_fields: values }),
  editClient: (api: ApiClient, id: number, client: Partial<PlaceInput>, values: ValueInput[]) =>
    api.put<string>(`/clients/${id}/`, { client, custom_fields: values }),
  addSite: (api: ApiClient, client: number, site: PlaceInput, values: ValueInput[]) =>
    api.post<string>('/clients/sites/', { site: { ...site, client }, custom_fields: values }),
  editSite: (api: ApiClient, id: number, site: Partial<PlaceInput> & { client?: number }, values: ValueInput[]) =>
    api.put<string>(`/clients/sites/${id}/`, { site, custom_fields: values }),
};

export const deploymentsKey = ['deployments'] as const;

export function deploymentsQuery(api: ApiClient) {
  return queryOptions({
    queryKey: deploymentsKey,
    queryFn: async ({ signal }) => {
      const list = await api.get<Deployment[]>('/clients/deployments/', { signal });
      return list.sort((a, b) => b.created.localeCompare(a.created));
    },
  });
}

export const deploymentCalls = {
  add: (api: ApiClient, input: DeploymentInput) => api.post<string>('/clients/deployments/', input),
  remove: (api: ApiClient, id: number) => api.delete<string>(`/clients/deployments/${id}/`),
};
