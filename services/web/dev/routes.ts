import type { AgentDetail, AgentRow } from '../src/api/types.ts';
import { checksOf, countsOf, pointsOf, select, sortAgents, treeOf, type Fleet } from './fleet.ts';

export interface MockRequest {
  method: string;
  path: string;
  query: URLSearchParams;
  body: Record<string, unknown>;
}

/** A reply, or null for an unknown route. */
export interface MockReply {
  status: number;
  body: unknown;
}

type Handler = (request: MockRequest, ...ids: string[]) => unknown;

const refuse = (status: number, body: unknown): MockReply => ({ status, body });
const isReply = (value: unknown): value is MockReply => typeof value === 'object' && value !== null && 'status' in value && 'body' in value;

/** Routes of the mock: enough of the interface for every page to be worked on. */
export function routes(fleet: Fleet): [string, RegExp, Handler][] {
  const agent = (id: string): AgentRow | undefined => fleet.agents.find((each) => each.agent_id === decodeURIComponent(id));
  const withAgent = (handle: (row: AgentRow, request: MockRequest, ...rest: string[]) => unknown): Handler => (request, id = '', ...rest) => {
    const row = agent(id);
    return row ? handle(row, request, ...rest) : refuse(404, { detail: 'No Agent matches the given query.' });
  };
  return [
    ['GET', /^\/v1\/setup$/, () => ({ needed: false })],
    ['POST', /^\/v2\/checkcreds\/$/, ({ body }) => (body.password === 'wrong' ? refuse(400, 'Bad credentials') : body.username === 'new' ? { totp: false, token: 'short', expiry: '' } : { totp: true })],
    ['POST', /^\/accounts\/users\/setup_totp\/$/, () => ({ username: 'new', totp_key: 'JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP', qr_url: 'otpauth://totp/rmm.example.com:new?secret=JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP&issuer=rmm.example.com' })],
    ['POST', /^\/v2\/login\/$/, ({ body }) => (body.twofactor === '000000' ? refuse(400, 'Bad credentials') : { token: 'f'.repeat(64), username: body.username, expiry: '', name: null })],
    ['POST', /^\/logout(all)?\/$/, () => refuse(204, null)],
    ['GET', /^\/v1\/me$/, () => ({ username: 'admin', is_superuser: true, permissions: [] })],
    ['GET', /^\/v1\/tree$/, () => treeOf(fleet.agents)],
    ['GET', /^\/v1\/agents$/, ({ query }) => page(sortAgents(select(fleet.agents, query), query.get('sort') ?? 'hostname'), query)],
    ['GET', /^\/v1\/agents\/counts$/, ({ query }) => countsOf(select(fleet.agents, query))],
    ['GET', /^\/v1\/agents\/([^/]+)$/, withAgent((row) => row)],
    ['GET', /^\/agents\/([^/]{21,})\/$/, withAgent((row) => detail(row))],
    ['PUT', /^\/agents\/([^/]{21,})\/$/, withAgent((row, { body }) => {
      for (const key of ['description', 'maintenance_mode', 'monitoring_type'] as const) if (key in body) Object.assign(row, { [key]: body[key] });
      return 'The agent was updated successfully';
    })],
    ['DELETE', /^\/agents\/([^/]{21,})\/$/, withAgent((row) => {
      fleet.agents = fleet.agents.filter((each) => each !== row);
      return `${row.hostname} will now be uninstalled.`;
    })],
    ['POST', /^\/agents\/([^/]{21,})\/(reboot|wmi)\/$/, withAgent(() => 'ok')],
    ['GET', /^\/agents\/([^/]{21,})\/checks\/$/, withAgent((row) => checksOf(fleet, row))],
    ['POST', /^\/checks\/([^/]{21,})\/run\/$/, withAgent((row) => `Checks will now be run on ${row.hostname}`)],
    ['POST', /^\/checks\/$/, ({ body }) => {
      const row = agent(String(body.agent));
      if (!row) return refuse(404, { detail: 'No Agent matches the given query.' });
      const checks = checksOf(fleet, row);
      if (body.check_type !== 'ping' && checks.some((check) => check.check_type === body.check_type)) return refuse(400, { non_field_errors: [`A ${String(body.check_type)} check for this agent already exists`] });
      const [model] = checks;
      if (model) checks.push({ ...model, ...body, id: (fleet.nextId += 1), check_result: {} });
      return 'Check was added!';
    }],
    ['PATCH', /^\/checks\/(\d+)\/history\/$/, ({ body }, id = '') => {
      const check = [...fleet.checks.values()].flat().find((each) => each.id === Number(id));
      return check ? pointsOf(check, Number(body.timeFilter)) : [];
    }],
    ['GET', /^\/agents\/([^/]{21,})\/notes\/$/, withAgent((row) => fleet.notes.get(row.agent_id) ?? [])],
    ['POST', /^\/agents\/notes\/$/, ({ body }) => {
      const id = String(body.agent_id);
      const note = { pk: (fleet.nextId += 1), entry_time: new Date().toISOString(), note: String(body.note), username: 'admin', agent_id: id };
      fleet.notes.set(id, [...(fleet.notes.get(id) ?? []), note]);
      return 'Note added!';
    }],
    ['GET', /^\/agents\/([^/]{21,})\/history\/$/, withAgent((row) => fleet.history.get(row.agent_id) ?? historyOf())],
    ['GET', /^\/agents\/([^/]{21,})\/processes\/$/, withAgent(() => processes())],
    ['DELETE', /^\/agents\/([^/]{21,})\/processes\/(\d+)\/$/, withAgent((_row, _request, pid) => `Process with PID: ${pid} was ended successfully`)],
    ['POST', /^\/agents\/([^/]{21,})\/runscript\/$/, withAgent(() => '48G\t/\n31G\t/var\n12G\t/usr\n2.1G\t/home\n')],
    ['GET', /^\/scripts\/$/, () => fleet.scripts],
    ['GET', /^\/scripts\/(\d+)\/$/, (_request, id = '') => fleet.scripts.find((script) => script.id === Number(id)) ?? refuse(404, { detail: 'No Script matches the given query.' })],
    ['GET', /^\/core\/customfields\/$/, () => []],
    ['POST', /^\/v1\/enrolments$/, () => ({ id: 'e-1', expires: new Date(Date.now() + 864e5).toISOString(), command: "curl -fsSL 'https://rmm.example.com/v1/enrolments/7/install.sh?token=Zk3f9QmB2x7Lr5TcW8vY' | sudo sh" })],
    ['GET', /^\/v1\/enrolments\/([^/]+)$/, () => ({ id: 'e-1', expires: new Date(Date.now() + 864e5).toISOString(), agents: [] })],
  ]; // prettier-ignore
}

export function answer(table: ReturnType<typeof routes>, request: MockRequest): MockReply | null {
  for (const [method, path, handle] of table) {
    const match = method === request.method ? path.exec(request.path) : null;
    if (!match) continue;
    const value = handle(request, ...match.slice(1));
    return isReply(value) ? value : { status: 200, body: value };
  }
  return null;
}

function page(rows: AgentRow[], query: URLSearchParams) {
  const from = Number(query.get('cursor') ?? 0);
  const limit = Number(query.get('limit') ?? 50);
  return { items: rows.slice(from, from + limit), next_cursor: from + limit < rows.length ? String(from + limit) : null, total: rows.length };
}

function detail(row: AgentRow): AgentDetail {
  return {
    ...row,
    site: row.site.id,
    site_name: row.site.name,
    client: row.client.name,
    last_logged_in_user: row.logged_in_username,
    total_ram: 16,
    disks: [
      { device: '/', fstype: 'ext4', total: '98G', used: '41G', free: '57G', percent: 42 },
      { device: '/var', fstype: 'ext4', total: '200G', used: '168G', free: '32G', percent: 84 },
      { device: '/srv/backup', fstype: 'xfs', total: '2.0T', used: '1.9T', free: '81G', percent: 96 },
    ],
    cpu_model: ['AMD EPYC 7313P 16-Core Processor, 16C/32T'],
    graphics: 'No graphics cards',
    local_ips: row.local_ips ?? '',
    make_model: 'Supermicro AS-1114S',
    physical_disks: ['Samsung MZ7L3960 960GB SATA', 'WDC WD4003FRYZ 4TB SATA'],
    custom_fields: [], wmi_detail: { serialnumber: 'S411208X1' },
    offline_time: 4,
    overdue_time: 30,
    check_interval: 120,
    time_zone: null,
    timezone: 'Europe/Berlin',
    all_timezones: ['America/Los_Angeles', 'Europe/Berlin', 'UTC'],
    overdue_email_alert: false,
    overdue_text_alert: false,
    overdue_dashboard_alert: true,
  };
}

function historyOf() {
  const at = (minutes: number) => new Date(Date.now() - minutes * 60_000).toISOString();
  return [
    { id: 1, time: at(4), type: 'cmd_run', command: 'systemctl status nginx --no-pager', username: 'admin', results: '\u001b[0;32m●\u001b[0m nginx.service - A high performance web server\n     Active: \u001b[0;32mactive (running)\u001b[0m since Tue', script_results: null },
    { id: 2, time: at(55), type: 'script_run', command: null, username: 'admin', results: null, script_name: 'Disk usage by folder', script_results: { stdout: '48G\t/\n31G\t/var\n', stderr: '', retcode: 0, execution_time: 1.8 } },
    { id: 3, time: at(3000), type: 'script_run', command: null, username: 'j.ortiz', results: null, script_name: 'Pending updates', script_results: { stdout: '', stderr: 'apt: command not found\n', retcode: 127, execution_time: 0.02 } },
  ]; // prettier-ignore
}

function processes() {
  const names = ['systemd', 'nginx: worker process', 'postgres: writer', 'gueen-agent', 'sshd', 'node', 'redis-server', 'kworker/0:1'];
  return Array.from({ length: 240 }, (_, index) => ({
    id: index,
    pid: 100 + index * 7,
    name: names[index % names.length] ?? '',
    username: index % 3 === 0 ? 'root' : 'www-data',
    membytes: Math.round(1e6 * (1 + ((index * 37) % 400))),
    cpu_percent: (((index * 13) % 90) / 10).toFixed(2),
  }));
}
