import { Button, MultiSelect } from '@mantine/core';
import { IconBug, IconRefresh } from '@tabler/icons-react';
import { useInfiniteQuery } from '@tanstack/react-query';
import { getRouteApi, Link } from '@tanstack/react-router';
import { useMemo } from 'react';
import { useApi } from '@/api/context';
import { debugQuery, logCalls } from '@/api/queries/logs';
import { DataTable, Sub } from '@/components/data-table';
import { ExportButton } from '@/components/export-button';
import { count, plural } from '@/components/format';
import { Loaded } from '@/components/loaded';
import { MoreButton } from '@/components/more-button';
import { Page, Panel } from '@/components/page';
import { EmptyState } from '@/components/states';
import { When } from '@/components/when';
import { debugLevels, debugTypes, wireFilters, type DebugFilters } from '@/modules/logs/filters';
import classes from '@/modules/logs/logs.module.css';
import { ScopeFilters, SpanFilter } from '@/modules/logs/scope-filters';
import { debugTypeWord, debugTypeWords, LevelBadge, levelWord } from '@/modules/logs/words';

const route = getRouteApi('/shell/logs/debug');

export function DebugPage() {
  const api = useApi();
  const filters = route.useSearch();
  const navigate = route.useNavigate();
  const wire = useMemo(() => wireFilters(filters, new Date()), [filters]);
  const log = useInfiniteQuery(debugQuery(api, wire));
  return (
    <Page
      wide
      title="Debug log"
      lead="What agents and the server ran into."
      actions={
        <>
          <Button variant="default" leftSection={<IconRefresh size={16} />} loading={log.isRefetching && !log.isFetchingNextPage} onClick={() => void log.refetch()}>
            Refresh
          </Button>
          <ExportButton what="the debug log" fetch={() => logCalls.exportDebug(api, wire)} />
        </>
      }
    >
      <Panel flush label="Debug log">
        <Filters filters={filters} onChange={(next) => void navigate({ search: next })} />
        <Loaded query={log} what="The debug log" rows={10}>
          {(data) => {
            const rows = data.pages.flatMap((page) => page.items);
            if (rows.length === 0) {
              return (
                <EmptyState icon={<IconBug size={22} />} title="Nothing matches">
                  No trouble in this time, or the filters are too narrow.
                </EmptyState>
              );
            }
            return (
              <>
                <DataTable
                  label="Debug log"
                  rows={rows}
                  rowKey={(row) => row.id}
                  columns={[
                    {
                      head: 'Message',
                      kind: 'lead',
                      cell: (row) => (
                        <>
                          <span className={classes.message}>{row.message ?? '–'}</span>
                          <Sub>
                            <When at={row.entry_time} />
                          </Sub>
                        </>
                      ),
                    },
                    { head: 'Level', kind: 'tight', cell: (row) => <LevelBadge level={row.log_level} /> },
                    { head: 'About', kind: 'tight', cell: (row) => debugTypeWord(row.log_type) },
                    {
                      head: 'Agent',
                      cell: (row) =>
                        row.agent && row.agent_id ? (
                          <>
                            <Link to="/agents/$agentId" params={{ agentId: row.agent_id }}>
                              {row.agent}
                            </Link>
                            {row.client ? <Sub>{`${row.client}, ${row.site ?? ''}`}</Sub> : null}
                          </>
                        ) : null,
                    },
                  ]}
                />
                <MoreButton hasMore={log.hasNextPage} busy={log.isFetchingNextPage} onMore={() => void log.fetchNextPage()} shown={`${count(rows.length)} ${log.hasNextPage ? 'of more rows' : plural(rows.length, 'row').replace(/^\S+ /, '')}`} />
              </>
            );
          }}
        </Loaded>
      </Panel>
    </Page>
  );
}

function Filters({ filters, onChange }: { filters: DebugFilters; onChange: (filters: DebugFilters) => void }) {
  return (
    <div className={classes.filters} role="search" aria-label="Filter the debug log">
      <SpanFilter days={filters.days} onChange={(days) => onChange({ ...filters, days })} />
      <MultiSelect
        size="xs"
        label="Level"
        placeholder={filters.level ? undefined : 'All'}
        clearable
        clearButtonProps={{ 'aria-label': 'All levels' }}
        data={debugLevels.map((value) => ({ value, label: levelWord(value) }))}
        value={filters.level ?? []}
        onChange={(next) => onChange({ ...filters, level: next.length > 0 ? debugLevels.filter((level) => next.includes(level)) : undefined })}
      />
      <MultiSelect
        size="xs"
        label="About"
        placeholder={filters.type ? undefined : 'All'}
        clearable
        clearButtonProps={{ 'aria-label': 'All kinds' }}
        data={debugTypes.map((value) => ({ value, label: debugTypeWords[value] }))}
        value={filters.type ?? []}
        onChange={(next) => onChange({ ...filters, type: next.length > 0 ? debugTypes.filter((type) => next.includes(type)) : undefined })}
      />
      <ScopeFilters scope={filters} onChange={(scope) => onChange({ ...filters, ...scope })} />
      {Object.values(filters).some((value) => value !== undefined) ? (
        <Button size="xs" variant="subtle" onClick={() => onChange({})}>
          Clear filters
        </Button>
      ) : null}
    </div>
  );
}
