import { queryOptions } from '@tanstack/react-query';
import type { DashInfo, OwnSession, Preferences } from '../admin-types';
import type { ApiClient } from '../client';

export const profileKeys = { choices: ['preferences'] as const, sessions: ['own-sessions'] as const };

/** The caller's choices for the app, with some facts about the server. */
export function preferencesQuery(api: ApiClient) {
  return queryOptions({
    queryKey: profileKeys.choices,
    queryFn: ({ signal }) => api.get<DashInfo>('/core/dashinfo/', { signal }),
    staleTime: 5 * 60_000,
  });
}

export function ownSessionsQuery(api: ApiClient) {
  return queryOptions({
    queryKey: profileKeys.sessions,
    queryFn: async ({ signal }) => (await api.get<{ items: OwnSession[] }>('/v1/me/sessions', { signal })).items,
  });
}

export const profileCalls = {
  choose: (api: ApiClient, part: Preferences) => api.patch<string>('/accounts/users/ui/', part),
  setPassword: (api: ApiClient, password: string) => api.put<string>('/accounts/resetpw/', { password }),
  resetTotp: (api: ApiClient) => api.put<string>('/accounts/reset2fa/', {}),
  endSession: (api: ApiClient, digest: string) => api.delete<null>(`/v1/me/sessions/${encodeURIComponent(digest)}`),
};
