import { createRoute, lazyRouteComponent } from '@tanstack/react-router';
import { fieldModels, type FieldModel } from '../api/admin-types';
import { sections, type Section } from '../modules/core-settings/sections';
import { oneOf, optionalId, optionalText } from '../search';
import { shell, type Search } from './base';

const area = createRoute({
  getParentRoute: () => shell,
  path: '/settings',
  component: lazyRouteComponent(() => import('../pages/settings/area'), 'SettingsArea'),
});

const index = createRoute({
  getParentRoute: () => area,
  path: '/',
  component: lazyRouteComponent(() => import('../pages/settings/area'), 'SettingsHome'),
});

const filtered = (search: Search): { q?: string } => ({ q: optionalText(search.q) });

const userPages = () => import('../pages/settings/users');
const users = createRoute({ getParentRoute: () => area, path: 'users', validateSearch: filtered, component: lazyRouteComponent(userPages, 'UsersPage') });
const newUser = createRoute({ getParentRoute: () => area, path: 'users/new', component: lazyRouteComponent(userPages, 'NewUserPage') });
const user = createRoute({ getParentRoute: () => area, path: 'users/$userId', component: lazyRouteComponent(userPages, 'UserPage') });

const rolePages = () => import('../pages/settings/roles');
const roles = createRoute({ getParentRoute: () => area, path: 'roles', component: lazyRouteComponent(rolePages, 'RolesPage') });
const newRole = createRoute({
  getParentRoute: () => area,
  path: 'roles/new',
  validateSearch: (search: Search): { copy?: number } => ({ copy: optionalId(search.copy) }),
  component: lazyRouteComponent(rolePages, 'NewRolePage'),
});
const role = createRoute({ getParentRoute: () => area, path: 'roles/$roleId', component: lazyRouteComponent(rolePages, 'RolePage') });

const sessions = createRoute({
  getParentRoute: () => area,
  path: 'sessions',
  validateSearch: (search: Search): { user?: number } => ({ user: optionalId(search.user) }),
  component: lazyRouteComponent(() => import('../pages/settings/sessions'), 'SessionsPage'),
});

const keyPages = () => import('../pages/settings/api-keys');
const apiKeys = createRoute({ getParentRoute: () => area, path: 'api-keys', component: lazyRouteComponent(keyPages, 'ApiKeysPage') });
const newApiKey = createRoute({ getParentRoute: () => area, path: 'api-keys/new', component: lazyRouteComponent(keyPages, 'NewApiKeyPage') });
const apiKey = createRoute({ getParentRoute: () => area, path: 'api-keys/$keyId', component: lazyRouteComponent(keyPages, 'ApiKeyPage') });

const global = createRoute({
  getParentRoute: () => area,
  path: 'global',
  validateSearch: (search: Search): { section?: Section; q?: string } => ({ section: oneOf(search.section, sections), q: optionalText(search.q) }),
  component: lazyRouteComponent(() => import('../pages/settings/global'), 'GlobalSettingsPage'),
});

const fieldPages = () => import('../pages/settings/custom-fields');
const ofModel = (search: Search): { model?: FieldModel } => ({ model: oneOf(search.model, fieldModels) });
const fields = createRoute({ getParentRoute: () => area, path: 'custom-fields', validateSearch: ofModel, component: lazyRouteComponent(fieldPages, 'CustomFieldsPage') });
const newField = createRoute({ getParentRoute: () => area, path: 'custom-fields/new', validateSearch: ofModel, component: lazyRouteComponent(fieldPages, 'NewCustomFieldPage') });
const field = createRoute({ getParentRoute: () => area, path: 'custom-fields/$fieldId', component: lazyRouteComponent(fieldPages, 'CustomFieldPage') });

const storePages = () => import('../pages/settings/key-store');
const store = createRoute({ getParentRoute: () => area, path: 'key-store', validateSearch: filtered, component: lazyRouteComponent(storePages, 'KeyStorePage') });
const newEntry = createRoute({ getParentRoute: () => area, path: 'key-store/new', component: lazyRouteComponent(storePages, 'NewEntryPage') });
const entry = createRoute({ getParentRoute: () => area, path: 'key-store/$entryId', component: lazyRouteComponent(storePages, 'EntryPage') });

const actionPages = () => import('../pages/settings/url-actions');
const ofKind = (search: Search): { kind?: 'web' | 'rest' } => ({ kind: oneOf(search.kind, ['web', 'rest'] as const) });
const actions = createRoute({ getParentRoute: () => area, path: 'url-actions', validateSearch: ofKind, component: lazyRouteComponent(actionPages, 'UrlActionsPage') });
const newAction = createRoute({ getParentRoute: () => area, path: 'url-actions/new', validateSearch: ofKind, component: lazyRouteComponent(actionPages, 'NewUrlActionPage') });
const action = createRoute({ getParentRoute: () => area, path: 'url-actions/$actionId', component: lazyRouteComponent(actionPages, 'UrlActionPage') });

const schedulePages = () => import('../pages/settings/schedules');
const schedules = createRoute({ getParentRoute: () => area, path: 'schedules', component: lazyRouteComponent(schedulePages, 'SchedulesPage') });
const newSchedule = createRoute({ getParentRoute: () => area, path: 'schedules/new', component: lazyRouteComponent(schedulePages, 'NewSchedulePage') });
const schedule = createRoute({ getParentRoute: () => area, path: 'schedules/$scheduleId', component: lazyRouteComponent(schedulePages, 'SchedulePage') });

const deploymentPages = () => import('../pages/settings/deployments');
const deployments = createRoute({ getParentRoute: () => area, path: 'deployments', validateSearch: filtered, component: lazyRouteComponent(deploymentPages, 'DeploymentsPage') });
const newDeployment = createRoute({ getParentRoute: () => area, path: 'deployments/new', component: lazyRouteComponent(deploymentPages, 'NewDeploymentPage') });
const deployment = createRoute({
  getParentRoute: () => area,
  path: 'deployments/$deploymentId',
  validateSearch: (search: Search): { os?: 'windows' } => ({ os: oneOf(search.os, ['windows'] as const) }),
  component: lazyRouteComponent(deploymentPages, 'DeploymentPage'),
});

/** Everything under `/settings`. */
export const settingsArea = area.addChildren([
  index, users, newUser, user, roles, newRole, role, sessions, apiKeys, newApiKey, apiKey, global, fields, newField, field, store, newEntry, entry,
  actions, newAction, action, schedules, newSchedule, schedule, deployments, newDeployment, deployment,
]); // prettier-ignore
