import { describe, expect, it } from 'vitest';
import type { AgentFilters } from '@/api/filters';
import { agentRow } from '@/test/rows';
import { stillMatches } from './matching';

const failing = { total: 2, passing: 1, failing: 1, warning: 0, info: 0, pending: 0 };

describe('stillMatches', () => {
  it.each<[string, AgentFilters, boolean]>([
    ['no filter', {}, true],
    ['free text is the server’s', { q: 'zzz' }, true],
    ['its status', { status: ['online', 'overdue'] }, true],
    ['another status', { status: ['offline'] }, false],
    ['its health', { health: ['failing'] }, true],
    ['another health', { health: ['passing'] }, false],
    ['either health', { health: ['passing', 'failing'] }, true],
    ['another client', { client: 7 }, false],
    ['its site', { site: 2 }, true],
    ['no maintenance', { maintenance: false }, true],
    ['a reboot it does not need', { needs_reboot: true }, false],
    ['another system', { plat: ['windows'] }, false],
  ])('%s', (_what, filters, expected) => {
    expect(stillMatches(agentRow({ checks: failing }), filters)).toBe(expected);
  });
});
