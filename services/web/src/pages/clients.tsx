import { Button } from '@mantine/core';
import { IconBuilding, IconPlus } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { getRouteApi, Link } from '@tanstack/react-router';
import type { TreeClient } from '@/api/types';
import { useApi } from '@/api/context';
import { treeQuery } from '@/api/queries/tree';
import { FilterInput } from '@/components/filter-input';
import { plural } from '@/components/format';
import { Loaded } from '@/components/loaded';
import { Page, Panel } from '@/components/page';
import { EmptyState } from '@/components/states';
import { useCan } from '@/modules/account-rights';
import { ClientList } from '@/modules/clients/client-list';
import { FirstClient } from '@/modules/clients/first-client';
import { placeOf, RemovePlace } from '@/modules/clients/remove-place';
import { useRemovePlace } from '@/modules/clients/use-remove-place';

const route = getRouteApi('/shell/clients');

export function ClientsPage() {
  const can = useCan();
  const tree = useQuery(treeQuery(useApi()));
  const { q = '', remove } = route.useSearch();
  const navigate = route.useNavigate();
  const ask = (id: number | undefined) => void navigate({ search: (present) => ({ ...present, remove: id }) });
  const removePlace = useRemovePlace(() => ask(undefined));
  if (tree.data?.clients.length === 0) return <FirstClient />;
  const clients = tree.data?.clients ?? [];
  const wanted = q.trim().toLowerCase();
  const shown = clients.filter((client) => matches(client, wanted));
  const removing = can('can_manage_clients') ? clients.find((client) => client.id === remove) : undefined;
  const sites = clients.reduce((sum, client) => sum + client.sites.length, 0);
  return (
    <Page
      title="Clients and sites"
      lead={tree.data ? `${plural(clients.length, 'client')} with ${plural(sites, 'site')}` : undefined}
      actions={
        can('can_manage_clients') ? (
          <Button component={Link} to="/clients/new" leftSection={<IconPlus size={16} />}>
            Add client
          </Button>
        ) : undefined
      }
    >
      <Panel
        flush
        label="Clients and sites"
        title={<FilterInput label="Filter clients and sites" value={q} onChange={(value) => void navigate({ search: { q: value || undefined }, replace: true })} />}
      >
        <Loaded query={tree} what="Clients">
          {() =>
            shown.length === 0 ? (
              <EmptyState icon={<IconBuilding size={22} />} title="No client or site matches">
                Try another word.
              </EmptyState>
            ) : (
              <ClientList shown={shown} wanted={wanted} onRemove={(client) => ask(client.id)} />
            )
          }
        </Loaded>
      </Panel>
      {removing && tree.data ? (
        <RemovePlace place={placeOf(removing)} tree={tree.data} onRemove={(moveTo) => removePlace(placeOf(removing), moveTo)} onClose={() => ask(undefined)} />
      ) : null}
    </Page>
  );
}

function matches(client: TreeClient, wanted: string): boolean {
  return `${client.name}\n${client.sites.map((site) => site.name).join('\n')}`.toLowerCase().includes(wanted);
}
