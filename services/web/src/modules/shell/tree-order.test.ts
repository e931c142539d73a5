import { expect, it } from 'vitest';
import type { TreeClient } from '@/api/types';
import { ordered } from './tree-order';

const client = (name: string, failing: number) => ({ id: name.length, name, failing, sites: [] }) as unknown as TreeClient;
const clients = [client('zeta', 2), client('Beta', 0), client('alpha', 1), client('gamma', 0)];
const names = (sort: string | undefined) => ordered(clients, sort).map((each) => each.name);

it('puts failing clients first unless the user wants names', () => {
  expect(names('alphafail')).toEqual(['alpha', 'zeta', 'Beta', 'gamma']);
  expect(names(undefined)).toEqual(['alpha', 'zeta', 'Beta', 'gamma']);
  expect(names('alpha')).toEqual(['alpha', 'Beta', 'gamma', 'zeta']);
  expect(clients.map((each) => each.name)).toEqual(['zeta', 'Beta', 'alpha', 'gamma']);
});
