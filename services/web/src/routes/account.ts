import { createRoute, lazyRouteComponent, redirect } from '@tanstack/react-router';
import { shell } from './base';

const pages = () => import('../pages/account/pages');

const area = createRoute({ getParentRoute: () => shell, path: '/account', component: lazyRouteComponent(pages, 'AccountArea') });

const index = createRoute({
  getParentRoute: () => area,
  path: '/',
  beforeLoad: () => {
    throw redirect({ to: '/account/security', replace: true });
  },
});
const security = createRoute({ getParentRoute: () => area, path: 'security', component: lazyRouteComponent(pages, 'SecurityPage') });
const preferences = createRoute({ getParentRoute: () => area, path: 'preferences', component: lazyRouteComponent(pages, 'PreferencesPage') });
const sessions = createRoute({ getParentRoute: () => area, path: 'sessions', component: lazyRouteComponent(pages, 'OwnSessionsPage') });

/** Everything under `/account`: what people set for themselves. */
export const account = area.addChildren([index, security, preferences, sessions]);
