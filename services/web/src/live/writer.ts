import type { QueryClient } from '@tanstack/react-query';
import { agentKeys } from '@/api/queries/agents';
import { checkKeys } from '@/api/queries/checks';
import { enrolmentKeys } from '@/api/queries/enrolments';
import { treeKey } from '@/api/queries/tree';
import type { LiveEvent } from './frames';
import { applyPatches, removeRow, rowPatch, type RowPatch } from './patches';

/** Facts that arrive within this time are written together, milliseconds. */
const gather = 120;
/** Counters are read again at most this often while facts arrive, milliseconds. */
const recount = 1500;

/** Gathers facts and writes them in one go; reads again only what a fact cannot carry. */
export function cacheWriter(client: QueryClient): { receive: (event: LiveEvent) => void; stop: () => void } {
  const patches = new Map<string, RowPatch>();
  const stale = new Map<string, readonly unknown[]>();
  let patchTimer: ReturnType<typeof setTimeout> | null = null;
  let staleTimer: ReturnType<typeof setTimeout> | null = null;

  const flush = () => {
    patchTimer = null;
    applyPatches(client, patches);
    patches.clear();
  };
  const reread = () => {
    staleTimer = null;
    for (const key of stale.values()) void client.invalidateQueries({ queryKey: key });
    stale.clear();
  };
  const markStale = (key: readonly unknown[], delay = recount) => {
    stale.set(JSON.stringify(key), key);
    staleTimer ??= setTimeout(reread, delay);
  };

  return {
    receive(event) {
      const id = event.agent_id;
      if (event.event === 'resync') {
        for (const key of [agentKeys.all, treeKey, checkKeys.all, ['enrolments']]) markStale(key, 0);
        return;
      }
      const patch = id ? rowPatch(event) : null;
      if (id && patch) {
        patches.set(id, { ...patches.get(id), ...patch });
        patchTimer ??= setTimeout(flush, gather);
      }
      if (event.event !== 'result') {
        markStale(agentKeys.counts);
        markStale(treeKey);
      }
      if (!id) return;
      if (event.event === 'row') markStale(agentKeys.detail(id));
      if (event.event === 'checks' || event.event === 'result') {
        markStale(checkKeys.agent(id));
        markStale(checkKeys.histories);
      }
      if (event.event === 'result') {
        markStale(agentKeys.history(id));
        markStale(agentKeys.notes(id));
      }
      if (event.event === 'removed') removeRow(client, id);
      if (event.event === 'enrolled') {
        markStale(agentKeys.lists);
        const enrolment = event.data?.enrolment_id ?? event.data?.id;
        if (typeof enrolment === 'string' || typeof enrolment === 'number') markStale(enrolmentKeys.one(String(enrolment)), 0);
        else markStale(['enrolments'], 0);
      }
    },
    stop() {
      if (patchTimer !== null) clearTimeout(patchTimer);
      if (staleTimer !== null) clearTimeout(staleTimer);
    },
  };
}
