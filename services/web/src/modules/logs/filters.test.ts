import { describe, expect, test } from 'vitest';
import { parseAuditFilters, parseDebugFilters, parsePendingFilters, pendingWire, sinceOf, wireFilters } from './filters';

const now = new Date('2026-11-26T03:34:56.789Z');

describe('filters in the address', () => {
  test('what is understood is kept, the rest counts as absent', () => {
    expect(parseAuditFilters({ user: 'admin', action: 'modify,nonsense,add', client: '3', site: '-1', object: 'client', days: '30', other: 'x' })).toEqual({
      agent: undefined, client: 3, site: undefined, user: 'admin', action: ['add', 'modify'], object: 'client', days: '30',
    }); // prettier-ignore
    expect(parseDebugFilters({ level: 'error,fatal', type: ['scripting'], days: '5' })).toMatchObject({ level: ['error'], type: ['scripting'], days: undefined });
    expect(parsePendingFilters({ status: 'pending', agent: 'abc' })).toMatchObject({ status: undefined, agent: 'abc' });
  });

  test('what was read once is read again without loss', () => {
    const read = parseAuditFilters({ action: 'modify,add', user: 'admin', client: '3', days: '30' });
    expect(parseAuditFilters({ ...read })).toEqual(read);
  });

  test('the usual span does not stand in the address', () => {
    expect(parseAuditFilters({ days: '7' }).days).toBeUndefined();
    expect(parseAuditFilters({ days: 1 }).days).toBe('1');
  });
});

describe('parameters of the interface', () => {
  test('a span begins at a full hour, so that equal filters are asked for once', () => {
    expect(sinceOf(undefined, now)).toBe('2026-11-19T03:00:00Z');
    expect(sinceOf('1', now)).toBe('2026-11-25T03:00:00Z');
    expect(sinceOf('1', new Date('2026-11-26T03:59:59Z'))).toBe('2026-11-25T03:00:00Z');
    expect(sinceOf('all', now)).toBeUndefined();
  });

  test('lists are joined, what is absent stays away', () => {
    expect(wireFilters({ action: ['add', 'delete'], user: 'admin', days: 'all' }, now)).toEqual({ since: undefined, action: 'add,delete', user: 'admin' });
  });

  test('pending actions are those that wait, unless more is wanted', () => {
    expect(pendingWire({})).toEqual({ status: 'pending' });
    expect(pendingWire({ status: 'completed', site: 2 })).toEqual({ status: 'completed', site: 2 });
    expect(pendingWire({ status: 'all' })).toEqual({ status: undefined });
  });
});
