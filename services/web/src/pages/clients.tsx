import { Button, Stack } from '@mantine/core';
import { IconBuilding, IconPlus } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { getRouteApi, Link } from '@tanstack/react-router';
import { useApi } from '@/api/context';
import { treeQuery } from '@/api/queries/tree';
import { FilterInput } from '@/components/filter-input';
import { Loaded } from '@/components/loaded';
import { Page } from '@/components/page';
import { EmptyState } from '@/components/states';
import { useCan } from '@/modules/account-rights';
import { ClientList } from '@/modules/clients/client-list';
import { FirstClient } from '@/modules/clients/first-client';

const route = getRouteApi('/shell/clients');
/** From this many clients on, a filter box appears over them. */
const filterFrom = 6;

export function ClientsPage() {
  const can = useCan();
  const tree = useQuery(treeQuery(useApi()));
  const { q = '' } = route.useSearch();
  const navigate = route.useNavigate();
  if (tree.data?.clients.length === 0) return <FirstClient />;
  const wanted = q.toLowerCase();
  const shown = (tree.data?.clients ?? []).filter((client) => `${client.name} ${client.sites.map((site) => site.name).join(' ')}`.toLowerCase().includes(wanted));
  return (
    <Page
      title="Clients and sites"
      narrow
      actions={
        can('can_manage_clients') ? (
          <Button component={Link} to="/clients/new" leftSection={<IconPlus size={16} />}>
            Add client
          </Button>
        ) : undefined
      }
    >
      <Stack>
        {q !== '' || (tree.data?.clients.length ?? 0) >= filterFrom ? (
          <FilterInput label="Filter clients and sites" value={q} onChange={(value) => void navigate({ search: { q: value || undefined }, replace: true })} />
        ) : null}
        <Loaded query={tree} what="Clients">
          {(loaded) =>
            shown.length === 0 ? (
              <EmptyState icon={<IconBuilding size={22} />} title="No client or site matches">
                Try another word.
              </EmptyState>
            ) : (
              <ClientList tree={loaded} shown={shown} />
            )
          }
        </Loaded>
      </Stack>
    </Page>
  );
}
