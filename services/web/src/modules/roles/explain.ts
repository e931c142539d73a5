import type { RoleFlag, RoleInput } from '@/api/admin-types';
import type { Tree } from '@/api/types';
import { flagGroups, wordsOf } from './flags';

/** What a role means, in sentences. */
export interface Explanation {
  where: string;
  /** What its holders can do, by group. */
  rights: { title: string; sentence: string }[];
  /** What deserves a second thought. */
  risks: string[];
  /** Rights that cannot be used because another is missing. */
  gaps: { flag: RoleFlag; needs: RoleFlag; sentence: string }[];
}

export function explain(role: RoleInput, tree: Tree | undefined): Explanation {
  if (role.is_superuser) {
    return {
      where: 'Everywhere: a superuser is not limited to clients or sites.',
      rights: [{ title: 'Everything', sentence: 'Can do everything, also what later versions add.' }],
      risks: ['Superusers can give every right to others and read every secret that is stored.'],
      gaps: [],
    };
  }
  const rights: Explanation['rights'] = [];
  const reasons = new Map<string, string[]>();
  const gaps: Explanation['gaps'] = [];
  for (const group of flagGroups) {
    const given = (Object.keys(group.flags) as RoleFlag[]).filter((flag) => role[flag]);
    if (given.length > 0) rights.push({ title: group.title, sentence: `Can ${listed(given.map((flag) => wordsOf(flag).says))}.` });
    for (const flag of given) {
      const { risk, needs, label } = wordsOf(flag);
      if (risk) reasons.set(risk, [...(reasons.get(risk) ?? []), label]);
      if (needs && !role[needs]) gaps.push({ flag, needs, sentence: `“${label}” is of no use in this app without “${wordsOf(needs).label}”.` });
    }
  }
  const risks = [...reasons].map(([reason, labels]) => `${listed(labels.map((label) => `“${label}”`))}: ${reason}`);
  return { where: scopeSentence(role, tree), rights, risks, gaps };
}

/** Which clients and sites a role reaches. */
export function scopeSentence(role: Pick<RoleInput, 'can_view_clients' | 'can_view_sites'>, tree: Tree | undefined): string {
  const { can_view_clients: clients, can_view_sites: sites } = role;
  if (clients.length === 0 && sites.length === 0) return 'All clients and sites, also new ones.';
  const named = clients.map((id) => tree?.clients.find((client) => client.id === id)?.name ?? `client no. ${id}`);
  const places = sites.map((id) => {
    const owner = tree?.clients.find((client) => client.sites.some((site) => site.id === id));
    const site = owner?.sites.find((each) => each.id === id);
    return owner && site ? `${site.name} of ${owner.name}` : `no. ${id}`;
  });
  const parts = [
    ...(named.length > 0 ? [`${listed(named)} with all sites`] : []),
    ...(places.length > 0 ? [`${places.length === 1 ? 'the site' : 'the sites'} ${listed(places)}`] : []),
  ];
  return `Only ${parts.join(', and ')}.`;
}

/** `a, b and c`. */
export function listed(items: readonly string[]): string {
  if (items.length < 2) return items[0] ?? '';
  return `${items.slice(0, -1).join(', ')} and ${items.at(-1) ?? ''}`;
}
