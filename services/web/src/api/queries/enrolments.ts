import { queryOptions } from '@tanstack/react-query';
import type { ApiClient } from '../client';
import type { Enrolment, EnrolmentCreated, EnrolmentRequest } from '../types';

export const enrolmentKeys = { one: (id: string) => ['enrolments', id] as const };

/** Who arrived through an enrolment. Facts announce arrivals; the slow poll covers a lost one. */
export function enrolmentQuery(api: ApiClient, id: string) {
  return queryOptions({
    queryKey: enrolmentKeys.one(id),
    queryFn: ({ signal }) => api.get<Enrolment>(`/v1/enrolments/${encodeURIComponent(id)}`, { signal }),
    refetchInterval: 5000,
  });
}

export const enrolmentCalls = {
  create: (api: ApiClient, request: EnrolmentRequest) => api.post<EnrolmentCreated>('/v1/enrolments', request),
};
