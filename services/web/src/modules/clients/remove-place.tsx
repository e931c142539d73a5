import { Select, Stack, Text } from '@mantine/core';
import { useState } from 'react';
import type { Tree, TreeClient } from '@/api/types';
import { ConfirmTyped } from '@/components/confirm-typed';
import { plural } from '@/components/format';

export interface Place {
  kind: 'client' | 'site';
  id: number;
  name: string;
  agents: number;
  /** Of a client: how many sites go with it. */
  sites?: number;
}

export function placeOf(client: TreeClient): Place {
  return { kind: 'client', id: client.id, name: client.name, agents: client.agents, sites: client.sites.length };
}

interface RemovePlaceProps {
  place: Place;
  tree: Tree;
  onRemove: (moveTo: number | null) => Promise<unknown>;
  onClose: () => void;
}

/** Deletes a client or a site; its agents need another site first. */
export function RemovePlace({ place, tree, onRemove, onClose }: RemovePlaceProps) {
  const [target, setTarget] = useState<string | null>(null);
  const others = targetsOf(place, tree);
  const confirm = async () => {
    if (place.agents > 0 && target === null) throw new Error('Choose the site that takes over the agents.');
    await onRemove(place.agents > 0 ? Number(target) : null);
  };
  const gone = [...(place.sites === undefined ? [] : [plural(place.sites, 'site')]), 'values of custom fields', 'install links'];
  return (
    <ConfirmTyped opened title={`Delete ${place.name}?`} word={place.name} action={`Delete ${place.kind}`} onConfirm={confirm} onClose={onClose}>
      <Stack gap="sm">
        <Text size="sm">
          Its {gone.slice(0, -1).join(', ')} and {gone.at(-1)} are deleted with it{place.agents > 0 ? '; its agents go on elsewhere.' : '. No agents belong to it.'}
        </Text>
        {place.agents > 0 ? (
          <Select
            label={`Move its ${plural(place.agents, 'agent')} to`}
            placeholder="Choose a site"
            searchable
            required
            data={others}
            value={target}
            onChange={setTarget}
            nothingFoundMessage="There is no other site"
          />
        ) : null}
      </Stack>
    </ConfirmTyped>
  );
}

/** Where the agents can go: every site but the ones that are deleted, by client. */
function targetsOf(place: Place, tree: Tree) {
  return tree.clients
    .filter((client) => place.kind === 'site' || client.id !== place.id)
    .map((client) => ({
      group: client.name,
      items: client.sites
        .filter((site) => place.kind === 'client' || site.id !== place.id)
        .map((site) => ({ value: String(site.id), label: site.name })),
    }))
    .filter((group) => group.items.length > 0);
}
