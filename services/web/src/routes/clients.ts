import { createRoute, lazyRouteComponent } from '@tanstack/react-router';
import { oneOf, optionalId, optionalText } from '../search';
import { shell, type Search } from './base';

const pages = () => import('../pages/clients');
const places = () => import('../pages/places');

const clients = createRoute({
  getParentRoute: () => shell,
  path: '/clients',
  validateSearch: (search: Search): { q?: string; remove?: number } => ({ q: optionalText(search.q), remove: optionalId(search.remove) }),
  component: lazyRouteComponent(pages, 'ClientsPage'),
});
const newClient = createRoute({ getParentRoute: () => shell, path: '/clients/new', component: lazyRouteComponent(places, 'NewClientPage') });
const client = createRoute({
  getParentRoute: () => shell,
  path: '/clients/$clientId',
  // What is asked about: the client itself, or one of its sites by number.
  validateSearch: (search: Search): { remove?: 'client' | number } => ({ remove: oneOf(search.remove, ['client'] as const) ?? optionalId(search.remove) }),
  component: lazyRouteComponent(places, 'ClientPage'),
});
const newSite = createRoute({ getParentRoute: () => shell, path: '/clients/$clientId/sites/new', component: lazyRouteComponent(places, 'NewSitePage') });
const site = createRoute({
  getParentRoute: () => shell,
  path: '/clients/$clientId/sites/$siteId',
  validateSearch: (search: Search): { remove?: 'site' } => ({ remove: oneOf(search.remove, ['site'] as const) }),
  component: lazyRouteComponent(places, 'SitePage'),
});

export const clientRoutes = [clients, newClient, client, newSite, site] as const;
