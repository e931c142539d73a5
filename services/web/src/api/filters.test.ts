import { describe, expect, it } from 'vitest';
import { queryText } from './client';
import { filterQuery, isFiltered, parseFilters, sortParts, type AgentFilters } from './filters';

function throughTheAddress(filters: AgentFilters): AgentFilters {
  return parseFilters(Object.fromEntries(new URLSearchParams(queryText(filterQuery(filters)))));
}

describe('filters', () => {
  it('survive the address', () => {
    const filters: AgentFilters = {
      q: 'web & db, 10.0.0.1', client: 3, site: 4, status: ['online', 'overdue'], health: ['failing'], plat: ['linux'],
      monitoring_type: 'server', needs_reboot: true, maintenance: false, sort: '-last_seen',
    }; // prettier-ignore
    expect(throughTheAddress(filters)).toEqual(filters);
  });

  it('drop what is not understood', () => {
    expect(parseFilters({ client: 'x', site: '-1', status: 'asleep', sort: 'drop table', needs_reboot: 'perhaps', q: '   ' })).toEqual({});
  });

  it('say whether anything narrows', () => {
    expect(isFiltered({ sort: '-hostname' })).toBe(false);
    expect(isFiltered({ q: undefined })).toBe(false);
    expect(isFiltered({ client: 1 })).toBe(true);
  });

  it('read a sort', () => {
    expect(sortParts(undefined)).toEqual({ key: 'hostname', descending: false });
    expect(sortParts('-checks')).toEqual({ key: 'checks', descending: true });
  });
});
