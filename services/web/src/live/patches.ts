import type { InfiniteData, QueryClient } from '@tanstack/react-query';
import { agentKeys } from '@/api/queries/agents';
import type { AgentPage, AgentRow, CheckCounts } from '@/api/types';
import type { LiveEvent } from './frames';

export type RowPatch = Partial<AgentRow>;

/** The change of a list row that a fact carries; null when it carries none. */
export function rowPatch(event: LiveEvent): RowPatch | null {
  const data = event.data;
  if (!data) return null;
  if (event.event === 'checks') {
    const counts = (typeof data.checks === 'object' && data.checks !== null ? data.checks : data) as Partial<CheckCounts>;
    return typeof counts.total === 'number' ? { checks: counts as CheckCounts } : null;
  }
  if (event.event === 'row' || event.event === 'presence') {
    const patch: Record<string, unknown> = {};
    for (const key of rowKeys) if (key in data) patch[key] = data[key];
    // Presence knows the version only of an agent that told it since the service started.
    if (patch.version === '') delete patch.version;
    return Object.keys(patch).length > 0 ? (patch) : null;
  }
  return null;
}

const rowKeys: readonly (keyof AgentRow)[] = [
  'hostname', 'client', 'site', 'monitoring_type', 'plat', 'goarch', 'status', 'connected', 'last_seen', 'operating_system',
  'version', 'logged_in_username', 'public_ip', 'local_ips', 'description', 'needs_reboot', 'maintenance_mode', 'checks', 'boot_time',
]; // prettier-ignore

/** Writes changes into every loaded list and row. Rows keep their place: nothing jumps under the pointer. */
export function applyPatches(client: QueryClient, patches: ReadonlyMap<string, RowPatch>): void {
  if (patches.size === 0) return;
  client.setQueriesData<InfiniteData<AgentPage>>({ queryKey: agentKeys.lists }, (data) => data && patchPages(data, patches));
  for (const [id, patch] of patches) {
    client.setQueryData<AgentRow>(agentKeys.row(id), (row) => row && { ...row, ...patch });
  }
}

/** The name of an agent that some loaded list or page holds. */
export function knownHostname(client: QueryClient, id: string): string | null {
  const row = client.getQueryData<AgentRow>(agentKeys.row(id));
  if (row) return row.hostname;
  for (const [, data] of client.getQueriesData<InfiniteData<AgentPage>>({ queryKey: agentKeys.lists })) {
    for (const page of data?.pages ?? []) {
      const found = page.items.find((each) => each.agent_id === id);
      if (found) return found.hostname;
    }
  }
  return null;
}

/** Keeps the identity of pages and rows that did not change, so that only changed rows are drawn again. */
export function patchPages(data: InfiniteData<AgentPage>, patches: ReadonlyMap<string, RowPatch>): InfiniteData<AgentPage> {
  const pages = data.pages.map((page) => {
    const items = page.items.map((row) => {
      const patch = patches.get(row.agent_id);
      return patch ? { ...row, ...patch } : row;
    });
    return items.every((row, index) => row === page.items[index]) ? page : { ...page, items };
  });
  return pages.every((page, index) => page === data.pages[index]) ? data : { ...data, pages };
}

export function removeRow(client: QueryClient, id: string): void {
  client.setQueriesData<InfiniteData<AgentPage>>({ queryKey: agentKeys.lists }, (data) => {
    if (!data?.pages.some((page) => page.items.some((row) => row.agent_id === id))) return data;
    return {
      ...data,
      pages: data.pages.map((page) => ({
        ...page,
        total: Math.max(0, page.total - 1),
        items: page.items.filter((row) => row.agent_id !== id),
      })),
    };
  });
}
