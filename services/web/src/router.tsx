import { createRoute, createRouter, lazyRouteComponent, redirect, type RouterHistory } from '@tanstack/react-router';
import { queryText, type Query } from './api/client';
import { parseFilters } from './api/filters';
import type { HistoryKind } from './modules/agent/history';
import { ranges, type Range } from './modules/checks/ranges';
import { formTypes, type FormType } from './modules/checks/draft';
import { optionalId, optionalText, oneOf } from './search';
import { AgentsPage } from './pages/agents';
import { BrokenPage, NotFoundPage } from './pages/problem';
import { account } from './routes/account';
import { login, root, setup, shell, type RouterContext, type Search } from './routes/base';
import { clientRoutes } from './routes/clients';
import { logs } from './routes/logs';
import { server } from './routes/server';
import { settingsArea } from './routes/settings';

const home = createRoute({
  getParentRoute: () => shell,
  path: '/',
  beforeLoad: () => {
     
    throw redirect({ to: '/agents', replace: true });
  },
});

const agents = createRoute({ getParentRoute: () => shell, path: '/agents' });

const agentList = createRoute({ getParentRoute: () => agents, path: '/', validateSearch: parseFilters, component: AgentsPage });

const agent = createRoute({
  getParentRoute: () => agents,
  path: '$agentId',
  validateSearch: (search: Search): { confirm?: 'reboot' | 'delete' } => ({ confirm: oneOf(search.confirm, ['reboot', 'delete'] as const) }),
  component: lazyRouteComponent(() => import('./pages/agent/frame'), 'AgentPage'),
});

const tabs = () => import('./pages/agent/tabs');
const checkPages = () => import('./pages/agent/checks');

const summary = createRoute({ getParentRoute: () => agent, path: '/', component: lazyRouteComponent(tabs, 'SummaryPage') });
const command = createRoute({ getParentRoute: () => agent, path: 'command', component: lazyRouteComponent(tabs, 'CommandPage') });
const terminal = createRoute({ getParentRoute: () => agent, path: 'terminal', component: lazyRouteComponent(tabs, 'TerminalPage') });
const processes = createRoute({ getParentRoute: () => agent, path: 'processes', component: lazyRouteComponent(tabs, 'ProcessesPage') });
const notes = createRoute({ getParentRoute: () => agent, path: 'notes', component: lazyRouteComponent(tabs, 'NotesPage') });
const settings = createRoute({ getParentRoute: () => agent, path: 'settings', component: lazyRouteComponent(tabs, 'SettingsPage') });

const runScript = createRoute({
  getParentRoute: () => agent,
  path: 'script',
  validateSearch: (search: Search): { script?: number } => ({ script: optionalId(search.script) }),
  component: lazyRouteComponent(tabs, 'RunScriptPage'),
});

const history = createRoute({
  getParentRoute: () => agent,
  path: 'history',
  validateSearch: (search: Search): { kind?: HistoryKind } => ({ kind: oneOf(search.kind, ['cmd_run', 'script_run', 'task_run'] as const) }),
  component: lazyRouteComponent(tabs, 'HistoryPage'),
});

const checks = createRoute({ getParentRoute: () => agent, path: 'checks' });
const checkList = createRoute({ getParentRoute: () => checks, path: '/', component: lazyRouteComponent(checkPages, 'ChecksPage') });

const newCheck = createRoute({
  getParentRoute: () => checks,
  path: 'new',
  validateSearch: (search: Search): { type?: FormType } => ({ type: oneOf(search.type, formTypes) }),
  component: lazyRouteComponent(checkPages, 'NewCheckPage'),
});

const check = createRoute({
  getParentRoute: () => checks,
  path: '$checkId',
  validateSearch: (search: Search): { days?: Range } => ({ days: ranges.find((days) => String(days) === optionalText(search.days)) }),
  component: lazyRouteComponent(checkPages, 'CheckPage'),
});

const editCheck = createRoute({
  getParentRoute: () => checks,
  path: '$checkId/edit',
  component: lazyRouteComponent(checkPages, 'EditCheckPage'),
});

const addAgent = createRoute({
  getParentRoute: () => shell,
  path: '/add-agent',
  validateSearch: (search: Search): { client?: number; site?: number; enrolment?: string } => ({
    client: optionalId(search.client),
    site: optionalId(search.site),
    enrolment: optionalText(search.enrolment),
  }),
  component: lazyRouteComponent(() => import('./pages/add-agent'), 'AddAgentPage'),
});

const scriptPages = () => import('./pages/scripts');

const scripts = createRoute({
  getParentRoute: () => shell,
  path: '/scripts',
  validateSearch: (search: Search): { q?: string } => ({ q: optionalText(search.q) }),
  component: lazyRouteComponent(scriptPages, 'ScriptsPage'),
});
const newScript = createRoute({ getParentRoute: () => shell, path: '/scripts/new', component: lazyRouteComponent(scriptPages, 'NewScriptPage') });
const script = createRoute({ getParentRoute: () => shell, path: '/scripts/$scriptId', component: lazyRouteComponent(scriptPages, 'ScriptPage') });

/** Whatever is no page, inside the frame, so that the way back is at hand. */
const unknown = createRoute({ getParentRoute: () => shell, path: '$', component: NotFoundPage });

const tree = root.addChildren([
  login,
  setup,
  shell.addChildren([
    home,
    agents.addChildren([
      agentList,
      agent.addChildren([
        summary, command, terminal, processes, notes, settings, runScript, history,
        checks.addChildren([checkList, newCheck, check, editCheck]),
      ]), // prettier-ignore
    ]),
    addAgent,
    ...clientRoutes,
    scripts,
    newScript,
    script,
    settingsArea,
    logs,
    server,
    account,
    unknown,
  ]),
]);

/** The app's router; tests give a history of their own. */
export function makeRouter(context: RouterContext, history?: RouterHistory) {
  return createRouter({
    routeTree: tree,
    ...(history ? { history } : {}),
    basepath: import.meta.env.BASE_URL.replace(/\/$/, ''),
    context,
    defaultPreload: 'intent',
    defaultNotFoundComponent: NotFoundPage,
    defaultErrorComponent: BrokenPage,
    // Plain query strings: readable, short, and the same words as the API's.
    parseSearch: (text) => Object.fromEntries(new URLSearchParams(text)),
    stringifySearch: (search) => queryText(search as Query),
  });
}

export type AppRouter = ReturnType<typeof makeRouter>;

declare module '@tanstack/react-router' {
  interface Register {
    router: AppRouter;
  }
  interface HistoryState {
    focusSearch?: boolean;
  }
}
