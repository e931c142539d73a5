import { ActionIcon, Stack, Tooltip } from '@mantine/core';
import { IconPlus, IconTrash } from '@tabler/icons-react';
import { Link } from '@tanstack/react-router';
import { useState } from 'react';
import type { Tree, TreeClient, TreeSite } from '@/api/types';
import { plural } from '@/components/format';
import { LinkButton } from '@/components/link-button';
import { Panel } from '@/components/page';
import { useCan } from '../account-rights';
import classes from './clients.module.css';
import { RemovePlace, type Place } from './remove-place';
import { useRemovePlace } from './use-remove-place';

/** Clients with their sites: the way to each one's own page, to its agents, and out. */
export function ClientList({ tree, shown }: { tree: Tree; shown: TreeClient[] }) {
  const [removing, setRemoving] = useState<Place | null>(null);
  const remove = useRemovePlace(() => setRemoving(null));
  return (
    <Stack>
      {shown.map((client) => (
        <ClientPanel key={client.id} client={client} onRemove={setRemoving} />
      ))}
      {removing ? <RemovePlace place={removing} tree={tree} onRemove={(moveTo) => remove(removing, moveTo)} onClose={() => setRemoving(null)} /> : null}
    </Stack>
  );
}

function ClientPanel({ client, onRemove }: { client: TreeClient; onRemove: (place: Place) => void }) {
  const can = useCan();
  return (
    <Panel
      flush
      label={client.name}
      title={
        <div className={classes.client}>
          <Link to="/clients/$clientId" params={{ clientId: String(client.id) }} className={classes.name}>
            {client.name}
          </Link>
          <Link to="/agents" search={{ client: client.id }} className={classes.count}>
            {plural(client.agents, 'agent')}
          </Link>
          <span className="muted">{plural(client.sites.length, 'site')}</span>
        </div>
      }
      actions={can('can_manage_clients') ? <Remove name={client.name} onClick={() => onRemove({ kind: 'client', id: client.id, name: client.name, agents: client.agents })} /> : undefined}
    >
      <ul className={classes.sites}>
        {client.sites.map((site) => (
          <SiteLine key={site.id} client={client} site={site} onRemove={onRemove} />
        ))}
      </ul>
      {can('can_manage_sites') ? (
        <div className={classes.foot}>
          <LinkButton to="/clients/$clientId/sites/new" params={{ clientId: String(client.id) }} size="compact-sm" variant="subtle" leftSection={<IconPlus size={14} />}>
            Add site
          </LinkButton>
        </div>
      ) : null}
    </Panel>
  );
}

function SiteLine({ client, site, onRemove }: { client: TreeClient; site: TreeSite; onRemove: (place: Place) => void }) {
  const can = useCan();
  return (
    <li className={classes.site}>
      <Link to="/clients/$clientId/sites/$siteId" params={{ clientId: String(client.id), siteId: String(site.id) }}>
        {site.name}
      </Link>
      <Link to="/agents" search={{ site: site.id }} className={classes.count}>
        {plural(site.agents, 'agent')}
      </Link>
      {can('can_manage_sites') && client.sites.length > 1 ? (
        <Remove name={site.name} onClick={() => onRemove({ kind: 'site', id: site.id, name: site.name, agents: site.agents })} />
      ) : null}
    </li>
  );
}

export function Remove({ name, onClick }: { name: string; onClick: () => void }) {
  return (
    <Tooltip label="Delete">
      <ActionIcon variant="subtle" color="gray" aria-label={`Delete ${name}`} onClick={onClick}>
        <IconTrash size={16} />
      </ActionIcon>
    </Tooltip>
  );
}
