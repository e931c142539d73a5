import { useQueryClient } from '@tanstack/react-query';
import { useApi } from '@/api/context';
import { agentKeys } from '@/api/queries/agents';
import { placeKeys } from '@/api/queries/places';
import { clientCalls, treeKey } from '@/api/queries/tree';
import { notifyDone } from '@/components/notify';
import type { Place } from './remove-place';

/** Deletes a client or site; its agents go to another site first. */
export function useRemovePlace(onRemoved: () => void) {
  const api = useApi();
  const queries = useQueryClient();
  return async (place: Place, moveTo: number | null) => {
    const said = await (place.kind === 'client' ? clientCalls.remove(api, place.id, moveTo) : clientCalls.removeSite(api, place.id, moveTo));
    notifyDone(said);
    onRemoved();
    await Promise.all([treeKey, agentKeys.all, placeKeys.all].map((queryKey) => queries.invalidateQueries({ queryKey })));
  };
}
