import { createRoute, lazyRouteComponent } from '@tanstack/react-router';
import { optionalText } from '../search';
import { shell, type Search } from './base';

const pages = () => import('../pages/clients');
const places = () => import('../pages/places');

const clients = createRoute({
  getParentRoute: () => shell,
  path: '/clients',
  validateSearch: (search: Search): { q?: string } => ({ q: optionalText(search.q) }),
  component: lazyRouteComponent(pages, 'ClientsPage'),
});
const newClient = createRoute({ getParentRoute: () => shell, path: '/clients/new', component: lazyRouteComponent(places, 'NewClientPage') });
const client = createRoute({ getParentRoute: () => shell, path: '/clients/$clientId', component: lazyRouteComponent(places, 'ClientPage') });
const newSite = createRoute({ getParentRoute: () => shell, path: '/clients/$clientId/sites/new', component: lazyRouteComponent(places, 'NewSitePage') });
const site = createRoute({ getParentRoute: () => shell, path: '/clients/$clientId/sites/$siteId', component: lazyRouteComponent(places, 'SitePage') });

export const clientRoutes = [clients, newClient, client, newSite, site] as const;
