import { queryOptions } from '@tanstack/react-query';
import type { ApiClient } from '../client';
import type { Plat, Script, ScriptRow } from '../types';

export const scriptKeys = { all: ['scripts'] as const, one: (id: number) => ['scripts', id] as const };

export function scriptsQuery(api: ApiClient) {
  return queryOptions({
    queryKey: scriptKeys.all,
    queryFn: async ({ signal }) => {
      const scripts = await api.get<ScriptRow[]>('/scripts/', { signal });
      return scripts.sort((a, b) => a.name.localeCompare(b.name));
    },
  });
}

export function scriptQuery(api: ApiClient, id: number) {
  return queryOptions({
    queryKey: scriptKeys.one(id),
    queryFn: ({ signal }) => api.get<Script>(`/scripts/${id}/`, { signal }),
  });
}

export type ScriptInput = Pick<
  Script,
  'name' | 'description' | 'shell' | 'category' | 'args' | 'env_vars' | 'default_timeout' | 'supported_platforms' | 'run_as_user' | 'script_body'
>;

export const scriptCalls = {
  add: (api: ApiClient, input: ScriptInput) => api.post<string>('/scripts/', input),
  edit: (api: ApiClient, id: number, input: Partial<ScriptInput>) => api.put<string>(`/scripts/${id}/`, input),
  remove: (api: ApiClient, id: number) => api.delete<string>(`/scripts/${id}/`),
};

/** Scripts that can run on a platform; no list means all of them. */
export function runsOn(script: ScriptRow, plat: Plat): boolean {
  const platforms = script.supported_platforms ?? [];
  return platforms.length === 0 || platforms.includes(plat);
}
