import { createRoute, lazyRouteComponent, redirect } from '@tanstack/react-router';
import { pruneTables, type PruneTable } from '../api/queries/server';
import { oneOf, optionalText, someOf } from '../search';
import { shell, type Search } from './base';

const pages = () => import('../pages/server/pages');

const area = createRoute({ getParentRoute: () => shell, path: '/server', component: lazyRouteComponent(pages, 'ServerArea') });

const index = createRoute({
  getParentRoute: () => area,
  path: '/',
  beforeLoad: () => {
    throw redirect({ to: '/server/health', replace: true });
  },
});
const health = createRoute({ getParentRoute: () => area, path: 'health', component: lazyRouteComponent(pages, 'HealthPage') });
const jobs = createRoute({
  getParentRoute: () => area,
  path: 'jobs',
  validateSearch: (search: Search): { job?: string; status?: 'queued' | 'running' | 'succeeded' | 'failed' } => ({
    job: optionalText(search.job),
    status: oneOf(search.status, ['queued', 'running', 'succeeded', 'failed'] as const),
  }),
  component: lazyRouteComponent(pages, 'JobsPage'),
});
const dead = createRoute({ getParentRoute: () => area, path: 'dead', component: lazyRouteComponent(pages, 'DeadPage') });
const maintenance = createRoute({
  getParentRoute: () => area,
  path: 'maintenance',
  validateSearch: (search: Search): { prune?: PruneTable[]; ask?: 'prune' } => ({ prune: someOf(search.prune, pruneTables), ask: oneOf(search.ask, ['prune'] as const) }),
  component: lazyRouteComponent(pages, 'MaintenancePage'),
});

/** Everything under `/server`. */
export const server = area.addChildren([index, health, jobs, dead, maintenance]);
