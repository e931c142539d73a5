/// <reference types="node" />
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { RoleInput } from '@/api/admin-types';
import type { Tree } from '@/api/types';
import { explain, listed, scopeSentence } from './explain';
import { allFlags, emptyRole, wordsOf } from './flags';

const site = (id: number, name: string) => ({ id, name, agents: 0, online: 0, offline: 0, overdue: 0, failing: 0, warning: 0, maintenance: 0 });
const tree: Tree = {
  clients: [
    { ...site(1, 'Kestrel Dental'), sites: [site(11, 'Main Street'), site(12, 'North')] },
    { ...site(2, 'Brightwater'), sites: [site(21, 'Hamburg')] },
  ],
};
const role = (part: Partial<RoleInput>): RoleInput => ({ ...emptyRole(), ...part });

describe('the flags', () => {
  it('are those of the interface, each once', () => {
    const description = readFileSync('../../proto/openapi/openapi.yaml', 'utf8');
    const shape = /\n {4}AccountsRole:\n([\s\S]*?)\n {4}\S/.exec(description)?.[1] ?? '';
    const known = [...shape.matchAll(/^ +(can_\w+):\s*\n\s+type: boolean/gm)].map((match) => match[1] ?? '');
    expect(known.length).toBeGreaterThan(50);
    expect([...allFlags].sort()).toEqual([...new Set(known)].sort());
  });

  it('need only flags that exist and never each other in a circle', () => {
    for (const flag of allFlags) {
      const path = [flag];
      for (let next = wordsOf(flag).needs; next; next = wordsOf(next).needs) {
        expect(path).not.toContain(next);
        path.push(next);
      }
    }
  });
});

describe('explain', () => {
  it('says what a role can do, by group', () => {
    const words = explain(role({ can_list_agents: true, can_list_notes: true, can_list_checks: true }), tree);
    expect(words.rights).toEqual([
      { title: 'Agents', sentence: 'Can see agents and their state and read notes.' },
      { title: 'Checks, tasks and policies', sentence: 'Can see checks and their results.' },
    ]);
    expect(words.where).toBe('All clients and sites, also new ones.');
    expect(words.risks).toEqual([]);
    expect(words.gaps).toEqual([]);
  });

  it('names a danger once for all rights that share it', () => {
    const { risks } = explain(role({ can_list_agents: true, can_send_cmd: true, can_use_terminal: true, can_run_scripts: true }), tree);
    expect(risks).toEqual(['“Send commands”, “Use the terminal” and “Run scripts”: Whoever may do this controls the machines in scope completely.']);
  });

  it('finds rights that are of no use alone', () => {
    const { gaps } = explain(role({ can_manage_notes: true }), tree);
    expect(gaps.map(({ flag, needs }) => [flag, needs])).toEqual([['can_manage_notes', 'can_list_notes']]);
    expect(explain(role({ can_manage_notes: true, can_list_notes: true, can_list_agents: true }), tree).gaps).toEqual([]);
  });

  it('says of a superuser only that there is no limit', () => {
    const words = explain(role({ is_superuser: true, can_view_clients: [1], can_manage_notes: true }), tree);
    expect(words.where).toMatch(/^Everywhere/);
    expect(words.rights).toHaveLength(1);
    expect(words.gaps).toEqual([]);
  });

  it('says nothing of a role without rights', () => {
    expect(explain(emptyRole(), tree)).toMatchObject({ rights: [], risks: [], gaps: [] });
  });
});

describe('scopeSentence', () => {
  it('names clients and sites', () => {
    expect(scopeSentence({ can_view_clients: [1], can_view_sites: [21] }, tree)).toBe('Only Kestrel Dental with all sites, and the site Hamburg of Brightwater.');
    expect(scopeSentence({ can_view_clients: [], can_view_sites: [11, 12] }, tree)).toBe('Only the sites Main Street of Kestrel Dental and North of Kestrel Dental.');
  });

  it('keeps what it cannot name', () => {
    expect(scopeSentence({ can_view_clients: [9], can_view_sites: [99] }, tree)).toBe('Only client no. 9 with all sites, and the site no. 99.');
    expect(scopeSentence({ can_view_clients: [1], can_view_sites: [] }, undefined)).toBe('Only client no. 1 with all sites.');
  });
});

describe('listed', () => {
  it('joins as people do', () => {
    expect(listed([])).toBe('');
    expect(listed(['a'])).toBe('a');
    expect(listed(['a', 'b'])).toBe('a and b');
    expect(listed(['a', 'b', 'c'])).toBe('a, b and c');
  });
});
