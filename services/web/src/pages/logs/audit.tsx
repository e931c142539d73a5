import { Button, Stack } from '@mantine/core';
import { IconArrowLeft, IconListSearch, IconRefresh } from '@tabler/icons-react';
import { useInfiniteQuery, useQuery } from '@tanstack/react-query';
import { getRouteApi, Link, useCanGoBack, useRouter } from '@tanstack/react-router';
import { useMemo } from 'react';
import type { AuditEntry, AuditRow } from '@/api/admin-types';
import { useApi } from '@/api/context';
import { auditQuery, auditRowQuery, logCalls } from '@/api/queries/logs';
import { DataTable, Sub } from '@/components/data-table';
import { DiffTable } from '@/components/diff-table';
import { ExportButton } from '@/components/export-button';
import { Facts } from '@/components/facts';
import { count, plural } from '@/components/format';
import { Loaded } from '@/components/loaded';
import { MoreButton } from '@/components/more-button';
import { Output } from '@/components/output';
import { Page, Panel } from '@/components/page';
import { EmptyState } from '@/components/states';
import { When } from '@/components/when';
import { AuditFilters } from '@/modules/logs/audit-filters';
import { wireFilters } from '@/modules/logs/filters';
import { ActionBadge, objectWord } from '@/modules/logs/words';

const listRoute = getRouteApi('/shell/logs/audit');
const rowRoute = getRouteApi('/shell/logs/audit/$rowId');

export function AuditPage() {
  const api = useApi();
  const filters = listRoute.useSearch();
  const navigate = listRoute.useNavigate();
  const wire = useMemo(() => wireFilters(filters, new Date()), [filters]);
  const log = useInfiniteQuery(auditQuery(api, wire));
  return (
    <Page
      wide
      title="Audit log"
      lead="Who did what, when and from where."
      actions={
        <>
          <Button variant="default" leftSection={<IconRefresh size={16} />} loading={log.isRefetching && !log.isFetchingNextPage} onClick={() => void log.refetch()}>
            Refresh
          </Button>
          <ExportButton what="the audit log" fetch={() => logCalls.exportAudit(api, wire)} />
        </>
      }
    >
      <Panel flush label="Audit log">
        <AuditFilters filters={filters} onChange={(next) => void navigate({ search: next })} />
        <Loaded query={log} what="The audit log" rows={10}>
          {(data) => {
            const rows = data.pages.flatMap((page) => page.items);
            if (rows.length === 0) {
              return (
                <EmptyState icon={<IconListSearch size={22} />} title="Nothing matches">
                  Widen the time or take back a filter.
                </EmptyState>
              );
            }
            const total = data.pages[0]?.total ?? rows.length;
            return (
              <>
                <AuditTable rows={rows} />
                <MoreButton hasMore={log.hasNextPage} busy={log.isFetchingNextPage} onMore={() => void log.fetchNextPage()} shown={`${count(rows.length)} of ${plural(total, 'row')}`} />
              </>
            );
          }}
        </Loaded>
      </Panel>
    </Page>
  );
}

function AuditTable({ rows }: { rows: AuditEntry[] }) {
  return (
    <DataTable
      label="Audit log"
      rows={rows}
      rowKey={(row) => row.id}
      columns={[
        {
          head: 'What',
          kind: 'lead',
          cell: (row) => (
            <>
              <Link to="/logs/audit/$rowId" params={{ rowId: String(row.id) }}>
                {row.message ?? `${row.username}: ${row.action}`}
              </Link>
              <Sub>
                <When at={row.entry_time} />
              </Sub>
            </>
          ),
        },
        { head: 'Action', kind: 'tight', cell: (row) => <ActionBadge action={row.action} /> },
        { head: 'User', cell: (row) => row.username },
        { head: 'Object', kind: 'tight', cell: (row) => objectWord(row.object_type) },
        {
          head: 'Agent',
          cell: (row) =>
            row.agent ? (
              <>
                {row.agent}
                {row.client ? <Sub>{`${row.client}, ${row.site ?? ''}`}</Sub> : null}
              </>
            ) : null,
        },
        { head: 'From', kind: 'tight', cell: (row) => (row.ip_address ? <span className="mono">{row.ip_address}</span> : null) },
      ]}
    />
  );
}

export function AuditRowPage() {
  const { rowId } = rowRoute.useParams();
  const row = useQuery(auditRowQuery(useApi(), Number(rowId)));
  const router = useRouter();
  const canGoBack = useCanGoBack();
  return (
    <Page
      title={row.data?.message ?? 'Row of the audit log'}
      lead={row.data ? <ActionBadge action={row.data.action} /> : undefined}
      actions={
        canGoBack ? (
          <Button variant="default" leftSection={<IconArrowLeft size={16} />} onClick={() => router.history.back()}>
            Back
          </Button>
        ) : (
          <Button variant="default" component={Link} to="/logs/audit" leftSection={<IconArrowLeft size={16} />}>
            Audit log
          </Button>
        )
      }
    >
      <Loaded query={row} what="The row">
        {(loaded) => (
          <Stack>
            <Panel title="What happened">
              <Facts items={factsOf(loaded)} />
            </Panel>
            <Panel flush title="Before and after">
              <div style={{ padding: hasValues(loaded) ? 0 : 16 }}>
                <DiffTable before={loaded.before_value} after={loaded.after_value} />
              </div>
            </Panel>
            {loaded.debug_info ? <Output label="The request" text={JSON.stringify(loaded.debug_info, null, 2)} /> : null}
          </Stack>
        )}
      </Loaded>
    </Page>
  );
}

function hasValues(row: AuditRow): boolean {
  return (row.before_value ?? row.after_value ?? null) !== null;
}

function factsOf(row: AuditRow) {
  return [
    ['When', <When key="when" at={row.entry_time} />],
    [
      'Who',
      <Link key="who" to="/logs/audit" search={{ user: row.username }}>
        {row.username}
      </Link>,
    ],
    ['From', row.ip_address ? <span className="mono">{row.ip_address}</span> : null],
    ['Object', objectWord(row.object_type)],
    [
      'Agent',
      row.agent_id && row.agent ? (
        <Link key="agent" to="/agents/$agentId" params={{ agentId: row.agent_id }}>
          {row.agent}
        </Link>
      ) : (
        row.agent
      ),
    ],
    ['Number', String(row.id)],
  ] as const;
}
