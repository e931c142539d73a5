import { describe, expect, test } from 'vitest';
import { diff } from './diff';

describe('diff', () => {
  test('tells what was added, removed, changed and kept, leaf by leaf', () => {
    const before = { name: 'Acme', site: { id: 1, name: 'HQ' }, gone: true };
    const after = { name: 'Acme', site: { id: 1, name: 'Main' }, fresh: 3 };
    expect(diff(before, after)).toEqual([
      { path: 'name', kind: 'same', before: 'Acme', after: 'Acme' },
      { path: 'site.id', kind: 'same', before: '1', after: '1' },
      { path: 'site.name', kind: 'changed', before: 'HQ', after: 'Main' },
      { path: 'fresh', kind: 'added', before: null, after: '3' },
      { path: 'gone', kind: 'removed', before: 'true', after: null },
    ]);
  });

  test('takes a value that is not there at all as all added or all removed', () => {
    expect(diff(null, { a: 1 })).toEqual([{ path: 'a', kind: 'added', before: null, after: '1' }]);
    expect(diff({ a: 1 }, undefined)).toEqual([{ path: 'a', kind: 'removed', before: '1', after: null }]);
    expect(diff(null, undefined)).toEqual([]);
  });

  test('compares plain lists as a whole and lists of objects by place', () => {
    expect(diff({ days: [1, 2] }, { days: [1, 3] })).toEqual([{ path: 'days', kind: 'changed', before: '1\n2', after: '1\n3' }]);
    expect(diff({ list: [{ id: 1 }] }, { list: [{ id: 1 }, { id: 2 }] })).toEqual([
      { path: 'list.0.id', kind: 'same', before: '1', after: '1' },
      { path: 'list.1.id', kind: 'added', before: null, after: '2' },
    ]);
  });

  test('tells null from an empty text, and takes a bare value', () => {
    expect(diff({ note: null }, { note: '' })).toEqual([{ path: 'note', kind: 'changed', before: 'null', after: '' }]);
    expect(diff('a command', 'another')).toEqual([{ path: '', kind: 'changed', before: 'a command', after: 'another' }]);
  });
});
