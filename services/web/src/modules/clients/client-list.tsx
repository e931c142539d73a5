import { ActionIcon, Button, Stack } from '@mantine/core';
import { IconPencil, IconPlus, IconTrash } from '@tabler/icons-react';
import { useQueryClient } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useState } from 'react';
import { useApi } from '@/api/context';
import { agentKeys } from '@/api/queries/agents';
import { clientCalls, treeKey } from '@/api/queries/tree';
import type { Tree, TreeClient, TreeSite } from '@/api/types';
import { plural } from '@/components/format';
import { notifyDone } from '@/components/notify';
import { Panel } from '@/components/page';
import { useCan } from '../account-rights';
import classes from './clients.module.css';
import { NameForm } from './name-form';
import { RemovePlace, type Place } from './remove-place';

/** What is being edited in place: at most one thing. */
type Editing = { kind: 'client' | 'site'; id: number } | { kind: 'add-site'; id: number } | null;

export function ClientList({ tree }: { tree: Tree }) {
  const api = useApi();
  const queries = useQueryClient();
  const [editing, setEditing] = useState<Editing>(null);
  const [removing, setRemoving] = useState<Place | null>(null);
  const settle = async () => {
    setEditing(null);
    await Promise.all([queries.invalidateQueries({ queryKey: treeKey }), queries.invalidateQueries({ queryKey: agentKeys.all })]);
  };
  const remove = async (place: Place, moveTo: number | null) => {
    const said = await (place.kind === 'client' ? clientCalls.remove(api, place.id, moveTo) : clientCalls.removeSite(api, place.id, moveTo));
    notifyDone(said);
    setRemoving(null);
    await settle();
  };
  return (
    <Stack>
      {tree.clients.map((client) => (
        <ClientPanel key={client.id} client={client} editing={editing} onEdit={setEditing} onRemove={setRemoving} onDone={() => void settle()} />
      ))}
      {removing ? (
        <RemovePlace place={removing} tree={tree} onRemove={(moveTo) => remove(removing, moveTo)} onClose={() => setRemoving(null)} />
      ) : null}
    </Stack>
  );
}

interface ClientPanelProps {
  client: TreeClient;
  editing: Editing;
  onEdit: (editing: Editing) => void;
  onRemove: (place: Place) => void;
  onDone: () => void;
}

function ClientPanel({ client, editing, onEdit, onRemove, onDone }: ClientPanelProps) {
  const api = useApi();
  const can = useCan();
  const renaming = editing?.kind === 'client' && editing.id === client.id;
  const adding = editing?.kind === 'add-site' && editing.id === client.id;
  return (
    <Panel
      flush
      label={client.name}
      title={
        renaming ? (
          <NameForm label="Client name" action="Rename" initial={client.name} save={(name) => clientCalls.rename(api, client.id, name)} onDone={onDone} />
        ) : (
          <div className={classes.client}>
            <Link to="/agents" search={{ client: client.id }} className={classes.name}>
              {client.name}
            </Link>
            <span className="muted">
              {plural(client.agents, 'agent')}, {plural(client.sites.length, 'site')}
            </span>
          </div>
        )
      }
      actions={
        can('can_manage_clients') && !renaming ? (
          <Tools name={client.name} onEdit={() => onEdit({ kind: 'client', id: client.id })} onRemove={() => onRemove({ kind: 'client', id: client.id, name: client.name, agents: client.agents })} />
        ) : undefined
      }
    >
      <ul className={classes.sites}>
        {client.sites.map((site) => (
          <SiteLine key={site.id} site={site} editing={editing} onEdit={onEdit} onRemove={onRemove} onDone={onDone} />
        ))}
      </ul>
      {can('can_manage_sites') ? (
        <div className={classes.foot}>
          {adding ? (
            <NameForm label="Name of the new site" action="Add site" save={(name) => clientCalls.addSite(api, client.id, name)} onDone={onDone} />
          ) : (
            <Button size="compact-sm" variant="subtle" leftSection={<IconPlus size={14} />} onClick={() => onEdit({ kind: 'add-site', id: client.id })}>
              Add site
            </Button>
          )}
        </div>
      ) : null}
    </Panel>
  );
}

function SiteLine({ site, editing, onEdit, onRemove, onDone }: Omit<ClientPanelProps, 'client'> & { site: TreeSite }) {
  const api = useApi();
  const can = useCan();
  if (editing?.kind === 'site' && editing.id === site.id) {
    return (
      <li className={classes.site}>
        <NameForm label="Site name" action="Rename" initial={site.name} save={(name) => clientCalls.renameSite(api, site.id, name)} onDone={onDone} />
      </li>
    );
  }
  return (
    <li className={classes.site}>
      <Link to="/agents" search={{ site: site.id }}>
        {site.name}
      </Link>
      <span className="muted">{plural(site.agents, 'agent')}</span>
      {can('can_manage_sites') ? (
        <Tools name={site.name} onEdit={() => onEdit({ kind: 'site', id: site.id })} onRemove={() => onRemove({ kind: 'site', id: site.id, name: site.name, agents: site.agents })} />
      ) : null}
    </li>
  );
}

function Tools({ name, onEdit, onRemove }: { name: string; onEdit: () => void; onRemove: () => void }) {
  return (
    <span style={{ display: 'flex', gap: 2 }}>
      <ActionIcon variant="subtle" color="gray" aria-label={`Rename ${name}`} onClick={onEdit}>
        <IconPencil size={16} />
      </ActionIcon>
      <ActionIcon variant="subtle" color="gray" aria-label={`Delete ${name}`} onClick={onRemove}>
        <IconTrash size={16} />
      </ActionIcon>
    </span>
  );
}
