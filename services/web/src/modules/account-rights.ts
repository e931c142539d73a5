import { useQuery } from '@tanstack/react-query';
import { useApi } from '@/api/context';
import { meQuery } from '@/api/queries/account';

/** Whether the user may do something. Unknown rights count as yes: the server decides, and its refusal is shown. */
export function useCan(): (permission: string) => boolean {
  const me = useQuery(meQuery(useApi())).data;
  return (permission) => !me || me.is_superuser || me.permissions.includes(permission);
}

/** Whether it is known what the user may do, or that nobody can say: what is drawn before asks for things that are refused. */
export function useRightsKnown(): boolean {
  return !useQuery(meQuery(useApi())).isPending;
}
