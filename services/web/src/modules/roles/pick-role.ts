import type { Role, RoleInput } from '@/api/admin-types';
import { allFlags, emptyRole } from './flags';

/** What can be written of a role. */
export function writable(role: Role): RoleInput {
  const input = emptyRole();
  for (const flag of allFlags) input[flag] = role[flag];
  return { ...input, name: role.name, is_superuser: role.is_superuser, can_view_clients: role.can_view_clients, can_view_sites: role.can_view_sites };
}
