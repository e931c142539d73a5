import { MantineProvider } from '@mantine/core';
import { QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { render } from '@testing-library/react';
import type { ReactNode } from 'react';
import { vi } from 'vitest';
import { ApiClient } from '@/api/client';
import { ApiContext } from '@/api/context';
import { SessionStore } from '@/api/session';

type Answer = (body: Record<string, unknown>) => { status: number; body: unknown };

/** Draws a part of the app against canned answers, by `METHOD path`. */
export function renderWith(element: ReactNode, answers: Record<string, Answer>) {
  const calls: { call: string; body: Record<string, unknown> }[] = [];
  vi.stubGlobal('fetch', (address: string, request: RequestInit) => {
    const call = `${request.method ?? 'GET'} ${address}`;
    const body = typeof request.body === 'string' ? (JSON.parse(request.body) as Record<string, unknown>) : {};
    calls.push({ call, body });
    const answer = answers[call]?.(body) ?? { status: 404, body: { detail: 'Not found.' } };
    return Promise.resolve(
      new Response(JSON.stringify(answer.body), { status: answer.status, headers: { 'content-type': 'application/json' } }),
    );
  });
  window.sessionStorage.clear();
  const sessions = new SessionStore(window.sessionStorage, null);
  const api = new ApiClient('', sessions, () => undefined);
  const client = new QueryClient({ defaultOptions: { queries: { retry: false } } });
  const view = render(
    <MantineProvider env="test">
      <QueryClientProvider client={client}>
        <ApiContext value={{ api, sessions, wsBase: 'ws://test' }}>{element}</ApiContext>
      </QueryClientProvider>
    </MantineProvider>,
  );
  return { ...view, calls, sessions, client };
}
