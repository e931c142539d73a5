import { createRoute, lazyRouteComponent, redirect } from '@tanstack/react-router';
import { parseAuditFilters, parseDebugFilters, parsePendingFilters } from '../modules/logs/filters';
import { shell } from './base';

const area = createRoute({
  getParentRoute: () => shell,
  path: '/logs',
  component: lazyRouteComponent(() => import('../pages/logs/area'), 'LogsArea'),
});

const index = createRoute({
  getParentRoute: () => area,
  path: '/',
  beforeLoad: () => {
    throw redirect({ to: '/logs/audit', replace: true });
  },
});

const auditPages = () => import('../pages/logs/audit');
const audit = createRoute({ getParentRoute: () => area, path: 'audit', validateSearch: parseAuditFilters, component: lazyRouteComponent(auditPages, 'AuditPage') });
const auditRow = createRoute({ getParentRoute: () => area, path: 'audit/$rowId', component: lazyRouteComponent(auditPages, 'AuditRowPage') });
const debug = createRoute({
  getParentRoute: () => area,
  path: 'debug',
  validateSearch: parseDebugFilters,
  component: lazyRouteComponent(() => import('../pages/logs/debug'), 'DebugPage'),
});
const pending = createRoute({
  getParentRoute: () => area,
  path: 'pending',
  validateSearch: parsePendingFilters,
  component: lazyRouteComponent(() => import('../pages/logs/pending'), 'PendingPage'),
});

/** Everything under `/logs`. */
export const logs = area.addChildren([index, audit, auditRow, debug, pending]);
