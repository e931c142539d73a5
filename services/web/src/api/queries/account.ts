import { queryOptions } from '@tanstack/react-query';
import type { ApiClient } from '../client';
import { ApiError } from '../errors';
import type { Me } from '../types';

export const meKey = ['me'] as const;

/** The signed-in user's rights, or null where the server does not tell; then nothing is hidden and refusals are shown. */
export function meQuery(api: ApiClient) {
  return queryOptions({
    queryKey: meKey,
    queryFn: async ({ signal }) => {
      try {
        return await api.get<Me>('/v1/me', { signal });
      } catch (error) {
        if (error instanceof ApiError && error.status === 404) return null;
        throw error;
      }
    },
    staleTime: 5 * 60_000,
    retry: 1,
  });
}

/** Whether this installation has no administrator yet. */
export function setupQuery(api: ApiClient) {
  return queryOptions({
    queryKey: ['setup'] as const,
    queryFn: async ({ signal }) => {
      try {
        return await api.get<{ needed: boolean }>('/v1/setup', { signal });
      } catch (error) {
        if (error instanceof ApiError && error.status === 404) return { needed: false };
        throw error;
      }
    },
    retry: 1,
  });
}

export interface Credentials {
  username: string;
  password: string;
}

export interface Enrolling {
  username: string;
  totp_key: string;
  qr_url: string;
}

export const accountCalls = {
  setup: (api: ApiClient, credentials: Credentials) => api.post<unknown>('/v1/setup', credentials),
  /** Step 1: either a code is wanted, or the reply carries a short-lived token for enrolling one. */
  check: (api: ApiClient, credentials: Credentials) =>
    api.post<{ totp: true } | { totp: false; token: string; expiry: string }>('/v2/checkcreds/', credentials),
  /** Creates the second factor; `false` when the user has one already. */
  enrol: (api: ApiClient, token: string) => api.post<Enrolling | false>('/accounts/users/setup_totp/', {}, { token }),
  login: (api: ApiClient, credentials: Credentials, twofactor: string) =>
    api.post<{ token: string; username: string; expiry: string }>('/v2/login/', { ...credentials, twofactor }),
  logout: (api: ApiClient) => api.post<unknown>('/logout/'),
  logoutAll: (api: ApiClient) => api.post<unknown>('/logoutall/'),
};
