import { Button, Stack } from '@mantine/core';
import { IconPlus } from '@tabler/icons-react';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { getRouteApi } from '@tanstack/react-router';
import { useApi } from '@/api/context';
import { clientCalls, treeKey, treeQuery } from '@/api/queries/tree';
import { Page, Panel } from '@/components/page';
import { ErrorState, RowsSkeleton } from '@/components/states';
import { useCan } from '@/modules/account-rights';
import { AddClient } from '@/modules/clients/add-client';
import { ClientList } from '@/modules/clients/client-list';
import { FirstClient } from '@/modules/clients/first-client';

const route = getRouteApi('/shell/clients');

export function ClientsPage() {
  const api = useApi();
  const queries = useQueryClient();
  const can = useCan();
  const tree = useQuery(treeQuery(api));
  const { add } = route.useSearch();
  const navigate = route.useNavigate();
  const close = () => void navigate({ search: {} });
  if (tree.data?.clients.length === 0) return <FirstClient />;
  return (
    <Page
      title="Clients and sites"
      narrow
      actions={
        can('can_manage_clients') ? (
          <Button leftSection={<IconPlus size={16} />} onClick={() => void navigate({ search: { add: true } })}>
            Add client
          </Button>
        ) : undefined
      }
    >
      <Stack>
        {add ? (
          <AddClient
            save={async (name, site) => {
              await clientCalls.add(api, name, site);
              await queries.invalidateQueries({ queryKey: treeKey });
              close();
            }}
            onCancel={close}
          />
        ) : null}
        {tree.isPending ? (
          <Panel flush>
            <RowsSkeleton label="Loading clients" />
          </Panel>
        ) : tree.isError ? (
          <ErrorState title="Clients could not be loaded" error={tree.error} onRetry={() => void tree.refetch()} />
        ) : (
          <ClientList tree={tree.data} />
        )}
      </Stack>
    </Page>
  );
}
