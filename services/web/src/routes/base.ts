import { noop, type QueryClient } from '@tanstack/react-query';
import { createRootRouteWithContext, createRoute, lazyRouteComponent, Outlet, redirect } from '@tanstack/react-router';
import type { ApiClient } from '../api/client';
import { meQuery } from '../api/queries/account';
import type { SessionStore } from '../api/session';
import { oneOf, optionalText } from '../search';
import { Shell } from '../pages/shell';

export interface RouterContext {
  sessions: SessionStore;
  api: ApiClient;
  queries: QueryClient;
}

export type Search = Record<string, unknown>;

export const root = createRootRouteWithContext<RouterContext>()({ component: Outlet });

export const login = createRoute({
  getParentRoute: () => root,
  path: '/login',
  validateSearch: (search: Search): { next?: string; reason?: 'expired' } => ({
    next: localPath(search.next),
    reason: oneOf(search.reason, ['expired'] as const),
  }),
  component: lazyRouteComponent(() => import('../pages/login'), 'LoginPage'),
});

export const setup = createRoute({
  getParentRoute: () => root,
  path: '/setup',
  component: lazyRouteComponent(() => import('../pages/setup'), 'SetupPage'),
});

export const shell = createRoute({
  getParentRoute: () => root,
  id: 'shell',
  beforeLoad: ({ context, location }) => {
    if (context.sessions.get()) {
      // Asked for at once, as the frame waits for it; a failure is told where it is used.
      context.queries.query(meQuery(context.api)).catch(noop);
      return;
    }
    const next = location.href === '/' ? undefined : location.href;
     
    throw redirect({ to: '/login', search: { next }, replace: true });
  },
  component: Shell,
});

/** A path of this app to return to; never another host. */
function localPath(value: unknown): string | undefined {
  const text = optionalText(value);
  return text && /^\/(?![/\\])/.test(text) && !text.startsWith('/login') ? text : undefined;
}
