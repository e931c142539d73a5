import '@mantine/core/styles.css';
import '@mantine/notifications/styles.css';
import './styles.css';
import { MantineProvider } from '@mantine/core';
import { Notifications } from '@mantine/notifications';
import { QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { RouterProvider } from '@tanstack/react-router';
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { ApiClient } from './api/client';
import { ApiContext } from './api/context';
import { ApiError } from './api/errors';
import { SessionStore } from './api/session';
import { loadEnv, webSocketBase } from './env';
import { LiveProvider } from './live/provider';
import { makeRouter } from './router';
import { colorSchemeManager, theme } from './theme';

/** A failed read is tried again only when it may help: not after a refusal. */
function worthRetrying(failures: number, error: Error): boolean {
  const refused = error instanceof ApiError && error.status >= 400 && error.status < 500;
  return !refused && failures < 2;
}

async function start(): Promise<void> {
  const root = document.getElementById('root');
  if (!root) throw new Error('the page has no root element');
  const env = await loadEnv();
  const channel = 'BroadcastChannel' in window ? new BroadcastChannel('gueen-session') : null;
  const sessions = new SessionStore(window.sessionStorage, channel);
  await sessions.restore();

  const queries = new QueryClient({
    defaultOptions: { queries: { staleTime: 20_000, retry: worthRetrying, refetchOnWindowFocus: 'always' } },
  });
  // The session has ended: sign in again and come back to this very place.
  const leave = () => {
    if (!sessions.get()) return;
    sessions.end();
  };
  const api = new ApiClient(env.apiBase, sessions, leave);
  const router = makeRouter({ sessions, api, queries });
  sessions.subscribe(() => {
    if (sessions.get()) return;
    queries.clear();
    const { pathname, href } = router.state.location;
    if (pathname === '/login' || pathname === '/setup') return;
    // Nothing can be saved any more, so that no question about unsaved changes may hold this up.
    void router.navigate({ to: '/login', search: { next: href, reason: 'expired' }, replace: true, ignoreBlocker: true });
  });

  createRoot(root).render(
    <StrictMode>
      <MantineProvider theme={theme} colorSchemeManager={colorSchemeManager} defaultColorScheme="auto">
        <Notifications position="top-right" zIndex={400} limit={4} />
        <QueryClientProvider client={queries}>
          <ApiContext value={{ api, sessions, wsBase: webSocketBase(env, window.location.origin) }}>
            <LiveProvider onSessionGone={leave}>
              <RouterProvider router={router} />
            </LiveProvider>
          </ApiContext>
        </QueryClientProvider>
      </MantineProvider>
    </StrictMode>,
  );
}

void start();
