import { queryOptions } from '@tanstack/react-query';
import type { ApiKey, ApiKeyInput, Policy, Role, RoleInput, Session, User, UserInput } from '../admin-types';
import type { ApiClient } from '../client';

export const userKeys = {
  all: ['users'] as const,
  one: (id: number) => ['users', id] as const,
  sessions: (id: number) => ['user-sessions', id] as const,
};

export function usersQuery(api: ApiClient) {
  return queryOptions({
    queryKey: userKeys.all,
    queryFn: async ({ signal }) => {
      const users = await api.get<User[]>('/accounts/users/', { signal });
      return users.sort((a, b) => a.username.localeCompare(b.username));
    },
  });
}

export function userQuery(api: ApiClient, id: number) {
  return queryOptions({
    queryKey: userKeys.one(id),
    queryFn: ({ signal }) => api.get<User>(`/accounts/${id}/users/`, { signal }),
  });
}

export function userSessionsQuery(api: ApiClient, id: number) {
  return queryOptions({
    queryKey: userKeys.sessions(id),
    queryFn: ({ signal }) => api.get<Session[]>(`/accounts/users/${id}/sessions/`, { signal }),
  });
}

export type NewUser = Pick<UserInput, 'username' | 'email' | 'first_name' | 'last_name' | 'role'> & { password: string };

export const userCalls = {
  find: (api: ApiClient, search: string) => api.get<User[]>('/accounts/users/', { query: { search } }),
  add: (api: ApiClient, input: NewUser) => api.post<string>('/accounts/users/', input),
  edit: (api: ApiClient, id: number, input: Partial<UserInput>) => api.put<string>(`/accounts/${id}/users/`, input),
  remove: (api: ApiClient, id: number) => api.delete<string>(`/accounts/${id}/users/`),
  setPassword: (api: ApiClient, id: number, password: string) => api.post<string>('/accounts/users/reset/', { id, password }),
  resetTotp: (api: ApiClient, id: number) => api.put<string>('/accounts/users/reset_totp/', { id }),
  endSession: (api: ApiClient, digest: string) => api.delete<string>(`/accounts/sessions/${encodeURIComponent(digest)}/`),
  endSessions: (api: ApiClient, id: number) => api.delete<string>(`/accounts/users/${id}/sessions/`),
};

export const roleKeys = { all: ['roles'] as const, one: (id: number) => ['roles', id] as const };

export function rolesQuery(api: ApiClient) {
  return queryOptions({
    queryKey: roleKeys.all,
    queryFn: async ({ signal }) => {
      const roles = await api.get<Role[]>('/accounts/roles/', { signal });
      return roles.sort((a, b) => a.name.localeCompare(b.name));
    },
  });
}

export function roleQuery(api: ApiClient, id: number) {
  return queryOptions({
    queryKey: roleKeys.one(id),
    queryFn: ({ signal }) => api.get<Role>(`/accounts/roles/${id}/`, { signal }),
  });
}

export const roleCalls = {
  add: (api: ApiClient, input: RoleInput) => api.post<string>('/accounts/roles/', input),
  edit: (api: ApiClient, id: number, input: RoleInput) => api.put<string>(`/accounts/roles/${id}/`, input),
  remove: (api: ApiClient, id: number) => api.delete<string>(`/accounts/roles/${id}/`),
};

export const apiKeyKeys = { all: ['api-keys'] as const };

export function apiKeysQuery(api: ApiClient) {
  return queryOptions({
    queryKey: apiKeyKeys.all,
    queryFn: async ({ signal }) => {
      const keys = await api.get<(Omit<ApiKey, 'key'> & { key?: string })[]>('/accounts/apikeys/', { signal });
      // The keys themselves are shown once, by what made them, and are not kept here.
      for (const key of keys) delete key.key;
      return keys.sort((a, b) => a.name.localeCompare(b.name));
    },
  });
}

export const apiKeyCalls = {
  /** Makes a key and reads it: the answer to making one does not carry it. */
  add: async (api: ApiClient, input: ApiKeyInput): Promise<ApiKey> => {
    await api.post<string>('/accounts/apikeys/', input);
    const keys = await api.get<ApiKey[]>('/accounts/apikeys/');
    const made = keys.filter((key) => key.name === input.name).sort((a, b) => b.id - a.id)[0];
    if (!made) throw new Error('The key was made, but you may not read it.');
    return made;
  },
  edit: (api: ApiClient, id: number, input: Partial<ApiKeyInput>) => api.put<string>(`/accounts/apikeys/${id}/`, input),
  remove: (api: ApiClient, id: number) => api.delete<string>(`/accounts/apikeys/${id}/`),
};

export function policiesQuery(api: ApiClient) {
  return queryOptions({
    queryKey: ['policies'] as const,
    queryFn: ({ signal }) => api.get<Policy[]>('/automation/policies/', { signal }),
    staleTime: 60_000,
  });
}
