import { queryOptions } from '@tanstack/react-query';
import type {
  CoreSettings, CustomField, CustomFieldInput, FieldModel, FieldUsage, KeyStoreEntry, Schedule, ScheduleInput, UrlAction, UrlActionInput, UrlActionTest, UrlActionTested,
} from '../admin-types'; // prettier-ignore
import type { ApiClient } from '../client';
import { byName } from '../order';

export const settingsKey = ['core-settings'] as const;

export function settingsQuery(api: ApiClient) {
  return queryOptions({
    queryKey: settingsKey,
    queryFn: ({ signal }) => api.get<CoreSettings>('/core/settings/', { signal }),
    refetchOnWindowFocus: false,
  });
}

/** A message goes through another company's servers: more patience than for an ordinary call, milliseconds. */
const sendingTimeout = 60_000;

export const settingsCalls = {
  edit: (api: ApiClient, part: Partial<CoreSettings>) => api.put<string>('/core/settings/', part),
  testEmail: (api: ApiClient) => api.post<string>('/core/emailtest/', {}, { timeout: sendingTimeout }),
  testSms: (api: ApiClient) => api.post<string>('/core/smstest/', {}, { timeout: sendingTimeout }),
};

export const fieldKeys = { all: ['custom-fields'] as const, model: (model: FieldModel) => ['custom-fields', 'of', model] as const };

export function fieldsQuery(api: ApiClient) {
  return queryOptions({
    queryKey: fieldKeys.all,
    queryFn: async ({ signal }) => sortFields(await api.get<CustomField[]>('/core/customfields/', { signal })),
    staleTime: 60_000,
  });
}

/** The fields of one model, for its form. */
export function modelFieldsQuery(api: ApiClient, model: FieldModel) {
  return queryOptions({
    queryKey: fieldKeys.model(model),
    queryFn: async ({ signal }) => sortFields(await api.get<CustomField[]>('/core/customfields/', { query: { model }, signal })),
    staleTime: 60_000,
    retry: false,
  });
}

function sortFields(fields: CustomField[]): CustomField[] {
  return fields.sort((a, b) => a.order - b.order || byName(a, b));
}

/** How many stored values would go with a field; read anew each time it is asked. */
export function fieldUsageQuery(api: ApiClient, id: number) {
  return queryOptions({
    queryKey: ['custom-fields', 'usage', id] as const,
    queryFn: ({ signal }) => api.get<FieldUsage>(`/v1/customfields/${id}/usage`, { signal }),
    staleTime: 0,
    gcTime: 0,
    retry: false,
  });
}

export const fieldCalls = {
  add: (api: ApiClient, input: CustomFieldInput) => api.post<string>('/core/customfields/', input),
  edit: (api: ApiClient, id: number, input: Partial<CustomFieldInput>) => api.put<string>(`/core/customfields/${id}/`, input),
  remove: (api: ApiClient, id: number) => api.delete<string>(`/core/customfields/${id}/`),
};

export const keyStoreKey = ['key-store'] as const;

export function keyStoreQuery(api: ApiClient) {
  return queryOptions({
    queryKey: keyStoreKey,
    queryFn: async ({ signal }) => {
      const entries = await api.get<KeyStoreEntry[]>('/core/keystore/', { signal });
      return entries.sort(byName);
    },
  });
}

export const keyStoreCalls = {
  add: (api: ApiClient, input: Pick<KeyStoreEntry, 'name' | 'value'>) => api.post<string>('/core/keystore/', input),
  edit: (api: ApiClient, id: number, input: Partial<Pick<KeyStoreEntry, 'name' | 'value'>>) => api.put<string>(`/core/keystore/${id}/`, input),
  remove: (api: ApiClient, id: number) => api.delete<string>(`/core/keystore/${id}/`),
};

export const urlActionsKey = ['url-actions'] as const;

export function urlActionsQuery(api: ApiClient) {
  return queryOptions({
    queryKey: urlActionsKey,
    queryFn: async ({ signal }) => {
      const actions = await api.get<UrlAction[]>('/core/urlaction/', { signal });
      return actions.sort(byName);
    },
  });
}

export const urlActionCalls = {
  add: (api: ApiClient, input: UrlActionInput) => api.post<string>('/core/urlaction/', input),
  edit: (api: ApiClient, id: number, input: UrlActionInput) => api.put<string>(`/core/urlaction/${id}/`, input),
  remove: (api: ApiClient, id: number) => api.delete<string>(`/core/urlaction/${id}/`),
  /** The address of an action for one agent, site or client; nothing is called. */
  resolve: (api: ApiClient, action: number, of: { agent_id: string } | { site: number } | { client: number }) =>
    api.patch<string>('/core/urlaction/run/', { action, ...of }),
  test: (api: ApiClient, test: UrlActionTest) => api.post<UrlActionTested>('/core/urlaction/run/test/', test),
};

export const schedulesKey = ['schedules'] as const;

export function schedulesQuery(api: ApiClient) {
  return queryOptions({
    queryKey: schedulesKey,
    queryFn: async ({ signal }) => {
      const schedules = await api.get<Schedule[]>('/core/schedules/', { signal });
      return schedules.sort(byName);
    },
  });
}

export const scheduleCalls = {
  add: (api: ApiClient, input: ScheduleInput) => api.post<Schedule>('/core/schedules/', input),
  edit: (api: ApiClient, id: number, input: ScheduleInput) => api.put<Schedule>(`/core/schedules/${id}/`, input),
  remove: (api: ApiClient, id: number) => api.delete<number>(`/core/schedules/${id}/`),
};
