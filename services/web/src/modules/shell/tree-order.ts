import type { TreeClient } from '@/api/types';

/** Clients in the order that the user chose: `alpha` by name, else those with failing checks first and each part by name. */
export function ordered(clients: readonly TreeClient[], sort: string | undefined): TreeClient[] {
  const byName = (a: TreeClient, b: TreeClient) => a.name.localeCompare(b.name);
  if (sort === 'alpha') return [...clients].sort(byName);
  return [...clients].sort((a, b) => Number(b.failing > 0) - Number(a.failing > 0) || byName(a, b));
}
