import { ActionIcon, Tooltip } from '@mantine/core';
import { IconAlertTriangle, IconCircleX, IconClockExclamation, IconTrash } from '@tabler/icons-react';
import { Link } from '@tanstack/react-router';
import type { TreeClient, TreeSite } from '@/api/types';
import { Badge } from '@/components/badge';
import { DataTable, Sub } from '@/components/data-table';
import { count, plural } from '@/components/format';
import { useCan } from '../account-rights';
import classes from './clients.module.css';

/** How many sites of a client are named in its row. */
const namedSites = 3;

interface ClientListProps {
  shown: TreeClient[];
  /** The words that were searched for: sites that match are named before others. */
  wanted: string;
  onRemove: (client: TreeClient) => void;
}

/** Clients, a row each: the way to each one's own page, to its sites and to its agents. */
export function ClientList({ shown, wanted, onRemove }: ClientListProps) {
  const can = useCan();
  return (
    <DataTable
      label="Clients"
      rows={shown}
      rowKey={(client) => client.id}
      columns={[
        {
          head: 'Client',
          kind: 'lead',
          cell: (client) => (
            <>
              <Link to="/clients/$clientId" params={{ clientId: String(client.id) }}>
                {client.name}
              </Link>
              <Sub>
                <SiteLinks client={client} wanted={wanted} />
              </Sub>
            </>
          ),
        },
        {
          head: 'Agents',
          kind: 'tight',
          cell: (client) =>
            client.agents === 0 ? (
              <span className="muted">none</span>
            ) : (
              <Link to="/agents" search={{ client: client.id }}>
                {plural(client.agents, 'agent')}
              </Link>
            ),
        },
        { head: 'State', kind: 'tight', cell: (client) => <Trouble of={client} /> },
        {
          head: 'Actions',
          kind: 'tools',
          cell: (client) =>
            can('can_manage_clients') ? (
              <Tooltip label="Delete client">
                <ActionIcon variant="subtle" color="gray" aria-label={`Delete ${client.name}`} onClick={() => onRemove(client)}>
                  <IconTrash size={16} />
                </ActionIcon>
              </Tooltip>
            ) : null,
        },
      ]}
    />
  );
}

function SiteLinks({ client, wanted }: { client: TreeClient; wanted: string }) {
  const matching = wanted === '' ? [] : client.sites.filter((site) => site.name.toLowerCase().includes(wanted));
  const named = [...matching, ...client.sites.filter((site) => !matching.includes(site))].slice(0, Math.max(namedSites, Math.min(matching.length, 2 * namedSites)));
  const rest = client.sites.length - named.length;
  return (
    <span className={classes.sites}>
      {named.map((site) => (
        <Link key={site.id} to="/clients/$clientId/sites/$siteId" params={{ clientId: String(client.id), siteId: String(site.id) }} className={classes.site}>
          {site.name}
        </Link>
      ))}
      {rest > 0 ? (
        <Link to="/clients/$clientId" params={{ clientId: String(client.id) }} className={classes.site} aria-label={`${plural(rest, 'more site')} of ${client.name}`}>
          {`+${count(rest)}`}
        </Link>
      ) : null}
    </span>
  );
}

/** What needs somebody's eyes, the worst first; nothing where all is well. */
export function Trouble({ of }: { of: Pick<TreeSite, 'agents' | 'failing' | 'warning' | 'overdue'> }) {
  if (of.agents === 0) return null;
  if (of.failing > 0) {
    return (
      <Badge tone="bad" icon={<IconCircleX size={15} />}>
        {count(of.failing)} failing
      </Badge>
    );
  }
  if (of.overdue > 0) {
    return (
      <Badge tone="warn" icon={<IconClockExclamation size={15} />}>
        {count(of.overdue)} overdue
      </Badge>
    );
  }
  if (of.warning > 0) {
    return (
      <Badge tone="warn" icon={<IconAlertTriangle size={15} />}>
        {count(of.warning)} with warnings
      </Badge>
    );
  }
  return <span className="muted">in order</span>;
}
