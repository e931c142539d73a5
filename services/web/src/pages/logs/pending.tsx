import { Button, Select } from '@mantine/core';
import { IconChecks, IconCircleCheck, IconClock, IconX } from '@tabler/icons-react';
import { useInfiniteQuery, useQueryClient } from '@tanstack/react-query';
import { getRouteApi, Link } from '@tanstack/react-router';
import type { PendingAction } from '@/api/admin-types';
import { useApi } from '@/api/context';
import { logCalls, logKeys, pendingQuery } from '@/api/queries/logs';
import { Badge } from '@/components/badge';
import { ConfirmButton } from '@/components/confirm-button';
import { DataTable, Sub } from '@/components/data-table';
import { Loaded } from '@/components/loaded';
import { MoreButton } from '@/components/more-button';
import { notifyDone, notifyFailed } from '@/components/notify';
import { Output } from '@/components/output';
import { Page, Panel } from '@/components/page';
import { EmptyState } from '@/components/states';
import { When } from '@/components/when';
import { useCan } from '@/modules/account-rights';
import { pendingWire, type PendingFilters } from '@/modules/logs/filters';
import classes from '@/modules/logs/logs.module.css';
import { ScopeFilters } from '@/modules/logs/scope-filters';

const route = getRouteApi('/shell/logs/pending');

const statusWords = [
  { value: 'pending', label: 'Waiting' },
  { value: 'completed', label: 'Done' },
  { value: 'all', label: 'All' },
];

export function PendingPage() {
  const api = useApi();
  const filters = route.useSearch();
  const navigate = route.useNavigate();
  const actions = useInfiniteQuery(pendingQuery(api, pendingWire(filters)));
  const change = (next: PendingFilters) => void navigate({ search: next });
  return (
    <Page wide title="Pending actions" lead="What was asked for and waits for its time or its agent.">
      <Panel flush label="Pending actions">
        <div className={classes.filters} role="search" aria-label="Filter pending actions">
          <Select
            size="xs"
            label="State"
            data={statusWords}
            value={filters.status ?? 'pending'}
            onChange={(status) => change({ ...filters, status: status === 'completed' || status === 'all' ? status : undefined })}
          />
          <ScopeFilters scope={filters} onChange={(scope) => change({ ...filters, ...scope })} />
        </div>
        <Loaded query={actions} what="Pending actions" rows={6}>
          {(data) => {
            const rows = data.pages.flatMap((page) => page.items);
            if (rows.length === 0) {
              return (
                <EmptyState icon={<IconChecks size={22} />} title={filters.status === undefined ? 'Nothing waits' : 'Nothing matches'}>
                  Scheduled reboots, agent updates and installations show here.
                </EmptyState>
              );
            }
            return (
              <>
                <PendingTable rows={rows} />
                <MoreButton hasMore={actions.hasNextPage} busy={actions.isFetchingNextPage} onMore={() => void actions.fetchNextPage()} />
              </>
            );
          }}
        </Loaded>
      </Panel>
    </Page>
  );
}

function PendingTable({ rows }: { rows: PendingAction[] }) {
  return (
    <DataTable
      label="Pending actions"
      rows={rows}
      rowKey={(row) => row.id}
      columns={[
        {
          head: 'What',
          kind: 'lead',
          cell: (row) => {
            const output = row.details?.output;
            return (
              <>
                <span style={{ fontWeight: 550 }}>{row.description ?? row.action_type ?? 'Action'}</span>
                <Sub>
                  Asked for <When at={row.entry_time} />
                </Sub>
                {typeof output === 'string' && output !== '' ? (
                  <details>
                    <summary>Output</summary>
                    <Output label="Output" text={output} maxHeight={240} />
                  </details>
                ) : null}
              </>
            );
          },
        },
        {
          head: 'State',
          kind: 'tight',
          cell: (row) =>
            row.status === 'completed' ? (
              <Badge tone="ok" icon={<IconCircleCheck size={15} />}>
                Done
              </Badge>
            ) : (
              <Badge tone="warn" icon={<IconClock size={15} />}>
                Waiting
              </Badge>
            ),
        },
        { head: 'Due', kind: 'tight', cell: (row) => row.due },
        {
          head: 'Agent',
          cell: (row) => (
            <>
              <Link to="/agents/$agentId" params={{ agentId: row.agent_id }}>
                {row.hostname}
              </Link>
              <Sub>{`${row.client}, ${row.site}`}</Sub>
            </>
          ),
        },
        { head: 'Actions', kind: 'tools', cell: (row) => (row.status === 'completed' ? null : <Cancel action={row} />) },
      ]}
    />
  );
}

function Cancel({ action }: { action: PendingAction }) {
  const api = useApi();
  const client = useQueryClient();
  if (!useCan()('can_manage_pendingactions')) return null;
  const cancel = async () => {
    try {
      notifyDone(await logCalls.cancel(api, action.id));
    } catch (error) {
      notifyFailed('The action was not cancelled', error);
    }
    await client.invalidateQueries({ queryKey: logKeys.pending });
  };
  return (
    <ConfirmButton question={`Cancel “${action.description ?? 'this action'}” on ${action.hostname}?`} action="Cancel the action" onConfirm={() => void cancel()}>
      {(open) => (
        <Button size="compact-sm" variant="subtle" color="gray" leftSection={<IconX size={14} />} aria-label={`Cancel on ${action.hostname}`} onClick={open}>
          Cancel
        </Button>
      )}
    </ConfirmButton>
  );
}
