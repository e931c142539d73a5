import type { AgentCounts, AgentRow, Check, CheckPoint, Note, HistoryEntry, ScriptRow, Tree } from '../src/api/types.ts';

/** A made-up fleet for working on the pages without a server. The same seed gives the same fleet. */

export interface Fleet {
  agents: AgentRow[];
  checks: Map<string, Check[]>;
  notes: Map<string, Note[]>;
  history: Map<string, HistoryEntry[]>;
  scripts: (ScriptRow & { script_body: string })[];
  nextId: number;
}

const clients = ['Northwind Dental', 'Harbour Logistics', 'Alder & Sons', 'Pine Street School', 'Lumen Studios'];
const sites = ['Head office', 'Warehouse', 'Branch West', 'Datacentre'];
const systems = {
  linux: ['Debian 12 (bookworm)', 'Ubuntu 24.04 LTS', 'Rocky Linux 9.4'],
  windows: ['Windows Server 2022 Standard', 'Windows 11 Pro 24H2'],
  darwin: ['macOS 15.1'],
} as const;
const users = ['anna.berg', 'j.ortiz', 'm.okafor', 'root', null, null];
const roles = ['web', 'db', 'files', 'build', 'dc', 'mail', 'pos', 'front', 'lab'];

/** A small repeatable random source (mulberry32). */
export function randomSource(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

export function makeFleet(size: number): Fleet {
  const random = randomSource(7);
  const pick = <T>(items: readonly T[]): T => items[Math.floor(random() * items.length)] as T;
  const agents: AgentRow[] = [];
  for (let id = 1; id <= size; id += 1) {
    const client = Math.floor(random() ** 1.6 * clients.length);
    const site = Math.floor(random() * (client === 0 ? 4 : 2));
    const plat = pick(['linux', 'linux', 'windows', 'windows', 'windows', 'darwin'] as const);
    const state = random();
    const failing = random() < 0.05 ? 1 + Math.floor(random() * 2) : 0;
    const warning = random() < 0.08 ? 1 : 0;
    const passing = 3 + Math.floor(random() * 5);
    const online = state < 0.9;
    const hostname = `${pick(roles)}-${String(id).padStart(4, '0')}`;
    agents.push({
      id,
      agent_id: `${hostname}-${'abcdefghijklmnopqrstuvwxyz'.repeat(2).slice(id % 20, (id % 20) + 28)}`,
      hostname,
      client: { id: client + 1, name: clients[client] ?? '' },
      site: { id: client * 10 + site + 1, name: sites[site] ?? '' },
      monitoring_type: /^(web|db|dc|mail|build|files)/.test(hostname) ? 'server' : 'workstation',
      plat,
      goarch: plat === 'darwin' ? 'arm64' : 'amd64',
      status: online ? 'online' : state < 0.96 ? 'offline' : 'overdue',
      connected: online,
      last_seen: new Date(Date.now() - (online ? 20_000 : 6e5 + random() * 9e8)).toISOString(),
      operating_system: pick<string>(systems[plat]),
      version: random() < 0.9 ? '1.2.0' : '1.1.4',
      logged_in_username: pick(users),
      public_ip: `203.0.113.${(id % 250) + 1}`,
      local_ips: `10.${client}.${site}.${(id % 250) + 1}`,
      description: random() < 0.25 ? pick(['Primary database', 'Reception desk', 'Backup target', 'Label printer host']) : '',
      needs_reboot: random() < 0.06,
      maintenance_mode: random() < 0.02,
      checks: { total: failing + warning + passing, failing, warning, passing, info: 0, pending: 0 },
      boot_time: Date.now() / 1000 - random() * 4e6,
    });
  }
  return { agents, checks: new Map(), notes: new Map(), history: new Map(), scripts: library(), nextId: size + 1000 };
}

function library(): Fleet['scripts'] {
  const base = { script_type: 'userdefined', args: [], env_vars: [], default_timeout: 90, run_as_user: false, favorite: false, hidden: false, syntax: null } as const;
  return [
    { ...base, args: [], env_vars: [], id: 1, name: 'Disk usage by folder', description: 'The ten largest folders below a path', shell: 'shell', category: 'Storage', supported_platforms: ['linux', 'darwin'], script_body: '#!/bin/bash\ndu -xh --max-depth=1 "${1:-/}" | sort -rh | head\n' },
    { ...base, args: [], env_vars: [], id: 2, name: 'Pending updates', description: 'Counts packages that can be updated', shell: 'shell', category: 'Patching', supported_platforms: ['linux'], script_body: '#!/bin/bash\napt list --upgradable 2>/dev/null | wc -l\n' },
    { ...base, args: [], env_vars: [], id: 3, name: 'Clear print queue', description: 'Stops the spooler, empties the queue, starts it again', shell: 'powershell', category: 'Printers', supported_platforms: ['windows'], script_body: 'Restart-Service Spooler\n' },
    { ...base, args: [], env_vars: [], id: 4, name: 'Certificate expiry', description: 'Days until a host’s certificate ends', shell: 'python', category: null, supported_platforms: [], script_body: '#!/usr/bin/env python3\nprint("42 days")\n' },
  ]; // prettier-ignore
}

export function checksOf(fleet: Fleet, agent: AgentRow): Check[] {
  const known = fleet.checks.get(agent.agent_id);
  if (known) return known;
  const random = randomSource(agent.id);
  const make = (index: number, part: Partial<Check>, info: string, status: 'passing' | 'failing', severity: 'warning' | 'error'): Check => ({
    id: agent.id * 10 + index,
    check_type: 'cpuload', readable_desc: '', name: null, disk: null, ip: null, script: null, script_args: [], env_vars: [], timeout: null,
    warning_threshold: null, error_threshold: null, info_return_codes: [], warning_return_codes: [], success_return_codes: [],
    fails_b4_alert: 1, run_interval: 0, alert_severity: 'warning', policy: null, overridden_by_policy: false,
    ...part,
    check_result: {
      id: agent.id * 10 + index, status, alert_severity: severity, more_info: info, last_run: new Date(Date.now() - random() * 110_000).toISOString(),
      fail_count: status === 'failing' ? 3 : 0, stdout: part.check_type === 'script' ? info : null, stderr: null, retcode: status === 'failing' ? 1 : 0, execution_time: '0.4210', history: [],
    },
  }); // prettier-ignore
  const bad = agent.checks.failing > 0;
  const checks = [
    make(1, { check_type: 'cpuload', warning_threshold: 70, error_threshold: 90 }, 'Average CPU Load: 12%', 'passing', 'warning'),
    make(2, { check_type: 'memory', warning_threshold: 70, error_threshold: 85 }, 'Average Memory Usage: 48%', 'passing', 'warning'),
    make(3, { check_type: 'diskspace', disk: '/', warning_threshold: 25, error_threshold: 10 }, bad ? 'Total: 98G, Free: 4.1G' : 'Total: 98G, Free: 57G', bad ? 'failing' : 'passing', 'error'),
    make(4, { check_type: 'ping', name: 'Gateway', ip: '10.0.0.1' }, '3 packets transmitted, 3 received, 0% packet loss, time 2003ms', agent.checks.warning > 0 ? 'failing' : 'passing', 'warning'),
    make(5, { check_type: 'script', script: 4, readable_desc: 'Script Check: Certificate expiry' }, '42 days', 'passing', 'warning'),
  ];
  fleet.checks.set(agent.agent_id, checks);
  return checks;
}

export function pointsOf(check: Check, days: number): CheckPoint[] {
  const random = randomSource(check.id);
  const step = days <= 1 ? 120_000 : days <= 7 ? 600_000 : 1_800_000;
  const span = (days === 0 ? 60 : days) * 24 * 3600 * 1000;
  const points: CheckPoint[] = [];
  let level = check.check_type === 'diskspace' ? 60 : 25;
  for (let t = Date.now(); t > Date.now() - span; t -= step) {
    level = Math.min(96, Math.max(3, level + (random() - 0.5) * 8 + (random() < 0.01 ? 45 : 0) - (level > 60 ? 6 : 0)));
    const state = check.check_type === 'ping' || check.check_type === 'script';
    const gone = t < Date.now() - span * 0.42 && t > Date.now() - span * 0.47;
    if (!gone) points.push({ x: new Date(t).toISOString(), y: state ? (random() < 0.02 ? 1 : 0) : Math.round(level), results: null });
  }
  return points;
}

export function treeOf(agents: AgentRow[]): Tree {
  const byClient = new Map<number, Tree['clients'][number]>();
  const empty = (id: number, name: string) => ({ id, name, agents: 0, online: 0, offline: 0, overdue: 0, failing: 0, warning: 0, maintenance: 0 });
  for (const agent of agents) {
    const client = byClient.get(agent.client.id) ?? { ...empty(agent.client.id, agent.client.name), sites: [] };
    byClient.set(agent.client.id, client);
    let site = client.sites.find((each) => each.id === agent.site.id);
    if (!site) client.sites.push((site = empty(agent.site.id, agent.site.name)));
    for (const node of [client, site]) {
      node.agents += 1;
      node[agent.status] += 1;
      if (agent.checks.failing > 0) node.failing += 1;
      if (agent.checks.warning > 0) node.warning += 1;
      if (agent.maintenance_mode) node.maintenance += 1;
    }
  }
  const byName = (a: { name: string }, b: { name: string }) => a.name.localeCompare(b.name);
  const all = [...byClient.values()].sort(byName);
  for (const client of all) client.sites.sort(byName);
  return { clients: all };
}

export function select(agents: AgentRow[], query: URLSearchParams): AgentRow[] {
  const list = (name: string) => query.get(name)?.split(',') ?? null;
  const q = query.get('q')?.toLowerCase();
  const status = list('status');
  const plat = list('plat');
  const health = list('health');
  return agents.filter((agent) => {
    if (query.get('client') && agent.client.id !== Number(query.get('client'))) return false;
    if (query.get('site') && agent.site.id !== Number(query.get('site'))) return false;
    if (status && !status.includes(agent.status)) return false;
    if (plat && !plat.includes(agent.plat)) return false;
    if (query.get('monitoring_type') && agent.monitoring_type !== query.get('monitoring_type')) return false;
    if (query.get('needs_reboot') === 'true' && !agent.needs_reboot) return false;
    if (query.get('maintenance') === 'true' && !agent.maintenance_mode) return false;
    const { failing, warning } = agent.checks;
    if (health && !health.some((each) => (each === 'failing' ? failing > 0 : each === 'warning' ? warning > 0 : failing + warning === 0))) return false;
    const text = `${agent.hostname} ${agent.client.name} ${agent.site.name} ${agent.operating_system} ${agent.logged_in_username} ${agent.local_ips}`;
    return !q || text.toLowerCase().includes(q);
  });
}

export function sortAgents(agents: AgentRow[], sort: string): AgentRow[] {
  const key = sort.replace(/^-/, '');
  const value = (agent: AgentRow): string | number => {
    if (key === 'client') return agent.client.name;
    if (key === 'site') return agent.site.name;
    if (key === 'status') return agent.status;
    if (key === 'last_seen') return agent.last_seen ?? '';
    if (key === 'os') return agent.operating_system ?? '';
    if (key === 'checks') return 1e6 - agent.checks.failing * 1000 - agent.checks.warning;
    return agent.hostname;
  };
  const factor = sort.startsWith('-') ? -1 : 1;
  return [...agents].sort((a, b) => (value(a) < value(b) ? -factor : value(a) > value(b) ? factor : a.id - b.id));
}

export function countsOf(agents: AgentRow[]): AgentCounts {
  const count = (test: (agent: AgentRow) => boolean) => agents.filter(test).length;
  return {
    total: agents.length,
    online: count((a) => a.status === 'online'),
    offline: count((a) => a.status === 'offline'),
    overdue: count((a) => a.status === 'overdue'),
    failing: count((a) => a.checks.failing > 0),
    warning: count((a) => a.checks.warning > 0),
    needs_reboot: count((a) => a.needs_reboot),
    maintenance: count((a) => a.maintenance_mode),
    by_plat: {},
    by_monitoring_type: {},
  };
}
