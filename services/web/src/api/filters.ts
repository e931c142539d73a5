import type { Query } from './client';
import type { AgentStatus, MonitoringType, Plat } from './types';

export const statuses = ['online', 'offline', 'overdue'] as const satisfies readonly AgentStatus[];
export const healths = ['failing', 'warning', 'passing'] as const;
export const plats = ['windows', 'linux', 'darwin'] as const satisfies readonly Plat[];
export const monitoringTypes = ['server', 'workstation'] as const satisfies readonly MonitoringType[];
export const sortKeys = ['hostname', 'client', 'site', 'status', 'last_seen', 'os', 'checks'] as const;

export type Health = (typeof healths)[number];
export type SortKey = (typeof sortKeys)[number];
export type Sort = SortKey | `-${SortKey}`;

/** What the agent list shows. The address bar holds exactly this, so every view can be bookmarked and sent. */
export interface AgentFilters {
  q?: string;
  client?: number;
  site?: number;
  status?: AgentStatus[];
  health?: Health[];
  plat?: Plat[];
  monitoring_type?: MonitoringType;
  needs_reboot?: boolean;
  maintenance?: boolean;
  sort?: Sort;
}

export const defaultSort: Sort = 'hostname';

/** Reads filters from an address. What is not understood is dropped, never an error: old links keep working. */
export function parseFilters(search: Record<string, unknown>): AgentFilters {
  const filters: AgentFilters = {};
  const q = text(search.q).trim().slice(0, 200);
  if (q) filters.q = q;
  const client = positive(search.client);
  if (client) filters.client = client;
  const site = positive(search.site);
  if (site) filters.site = site;
  const status = list(search.status, statuses);
  if (status.length > 0) filters.status = status;
  const health = list(search.health, healths);
  if (health.length > 0) filters.health = health;
  const plat = list(search.plat, plats);
  if (plat.length > 0) filters.plat = plat;
  const type = list(search.monitoring_type, monitoringTypes)[0];
  if (type) filters.monitoring_type = type;
  const reboot = flag(search.needs_reboot);
  if (reboot !== undefined) filters.needs_reboot = reboot;
  const maintenance = flag(search.maintenance);
  if (maintenance !== undefined) filters.maintenance = maintenance;
  const sort = parseSort(text(search.sort));
  if (sort && sort !== defaultSort) filters.sort = sort;
  return filters;
}

/** The query string of the address and of the API call: lists joined by commas. */
export function filterQuery(filters: AgentFilters): Query {
  return {
    q: filters.q,
    client: filters.client,
    site: filters.site,
    status: filters.status?.join(','),
    health: filters.health?.join(','),
    plat: filters.plat?.join(','),
    monitoring_type: filters.monitoring_type,
    needs_reboot: filters.needs_reboot,
    maintenance: filters.maintenance,
    sort: filters.sort,
  };
}

/** True when anything narrows the list; sorting does not. */
export function isFiltered(filters: AgentFilters): boolean {
  return Object.entries(filters).some(([name, value]) => name !== 'sort' && value !== undefined);
}

export function sortParts(sort: Sort | undefined): { key: SortKey; descending: boolean } {
  const value = sort ?? defaultSort;
  const descending = value.startsWith('-');
  return { key: (descending ? value.slice(1) : value) as SortKey, descending };
}

function parseSort(value: string): Sort | undefined {
  const key = value.replace(/^-/, '');
  return (sortKeys as readonly string[]).includes(key) ? (value as Sort) : undefined;
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : typeof value === 'number' ? String(value) : '';
}

function positive(value: unknown): number | undefined {
  const number = Number(text(value));
  return Number.isInteger(number) && number > 0 ? number : undefined;
}

function flag(value: unknown): boolean | undefined {
  if (value === true || value === 'true') return true;
  if (value === false || value === 'false') return false;
  return undefined;
}

function list<T extends string>(value: unknown, allowed: readonly T[]): T[] {
  const words = Array.isArray(value) ? value.map(text) : text(value).split(',');
  return allowed.filter((item) => words.includes(item));
}
