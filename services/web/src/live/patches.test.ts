import { QueryClient, type InfiniteData } from '@tanstack/react-query';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { agentKeys } from '@/api/queries/agents';
import { checkKeys } from '@/api/queries/checks';
import type { AgentPage } from '@/api/types';
import { agentRow } from '@/test/rows';
import { knownHostname, patchPages, removeRow, rowPatch } from './patches';
import { cacheWriter } from './writer';

const first = agentRow({ agent_id: 'a', hostname: 'one' });
const second = agentRow({ agent_id: 'b', hostname: 'two' });

function pages(): InfiniteData<AgentPage> {
  return {
    pageParams: [null, 'c'],
    pages: [
      { items: [first], next_cursor: 'c', total: 2 },
      { items: [second], next_cursor: null, total: 2 },
    ],
  };
}

describe('rowPatch', () => {
  it('takes the known fields of a fact', () => {
    expect(rowPatch({ event: 'presence', data: { status: 'offline', connected: false, version: '', rogue: 1 } })).toEqual({ status: 'offline', connected: false });
    const checks = { total: 1, passing: 0, failing: 1, warning: 0, info: 0, pending: 0 };
    expect(rowPatch({ event: 'checks', data: { checks } })).toEqual({ checks });
    expect(rowPatch({ event: 'checks', data: {} })).toBeNull();
    expect(rowPatch({ event: 'result', data: { what: 'command' } })).toBeNull();
  });
});

describe('patchPages', () => {
  it('changes only what changed', () => {
    const before = pages();
    const after = patchPages(before, new Map([['b', { status: 'offline' as const }]]));
    expect(after.pages[0]).toBe(before.pages[0]);
    expect(after.pages[1]?.items[0]).toEqual({ ...second, status: 'offline' });
    expect(patchPages(before, new Map([['zzz', { status: 'offline' as const }]]))).toBe(before);
  });
});

describe('the cache', () => {
  let client: QueryClient;
  const list = [...agentKeys.lists, {}];

  beforeEach(() => {
    vi.useFakeTimers();
    client = new QueryClient();
    client.setQueryData(list, pages());
    client.setQueryData(agentKeys.row('a'), first);
  });
  afterEach(() => {
    client.clear();
    vi.useRealTimers();
  });

  it('knows the names of loaded agents', () => {
    expect(knownHostname(client, 'b')).toBe('two');
    expect(knownHostname(client, 'zzz')).toBeNull();
  });

  it('loses a removed agent and counts one less', () => {
    removeRow(client, 'a');
    const data = client.getQueryData<InfiniteData<AgentPage>>(list);
    expect(data?.pages.map((page) => [page.items.length, page.total])).toEqual([
      [0, 1],
      [1, 1],
    ]);
  });

  it('is written once for a burst of facts', () => {
    const writer = cacheWriter(client);
    const written = vi.fn();
    client.getQueryCache().subscribe((event) => {
      if (event.type === 'updated' && event.action.type === 'success') written(event.query.queryKey);
    });
    for (let index = 0; index < 50; index += 1) {
      writer.receive({ event: 'presence', agent_id: 'b', data: { status: index % 2 === 0 ? 'online' : 'offline' } });
    }
    expect(written).not.toHaveBeenCalled();
    vi.advanceTimersByTime(150);
    expect(written).toHaveBeenCalledOnce();
    expect(client.getQueryData<InfiniteData<AgentPage>>(list)?.pages[1]?.items[0]?.status).toBe('offline');
    writer.stop();
  });

  it('reads again only what a fact does not carry, and not for each fact', () => {
    const writer = cacheWriter(client);
    const stale = vi.spyOn(client, 'invalidateQueries');
    for (let index = 0; index < 50; index += 1) writer.receive({ event: 'checks', agent_id: 'a', data: { checks: { total: 1 } } });
    vi.advanceTimersByTime(2000);
    const keys = stale.mock.calls.map(([filter]) => JSON.stringify(filter?.queryKey));
    expect(keys).toContain(JSON.stringify(agentKeys.counts));
    expect(keys).toContain(JSON.stringify(checkKeys.agent('a')));
    expect(keys).not.toContain(JSON.stringify(agentKeys.lists));
    expect(new Set(keys).size).toBe(keys.length);
    writer.stop();
  });

  it('reads everything again after a gap', () => {
    const writer = cacheWriter(client);
    const stale = vi.spyOn(client, 'invalidateQueries');
    writer.receive({ event: 'resync' });
    vi.advanceTimersByTime(0);
    expect(stale.mock.calls.map(([filter]) => filter?.queryKey)).toContainEqual(agentKeys.all);
    writer.stop();
  });
});
