import { Button, Select, Stack } from '@mantine/core';
import { IconStack2 } from '@tabler/icons-react';
import { useInfiniteQuery, useQuery } from '@tanstack/react-query';
import { getRouteApi } from '@tanstack/react-router';
import type { JobRun } from '@/api/admin-types';
import { useApi } from '@/api/context';
import { queuesQuery, runsQuery } from '@/api/queries/server';
import { DataTable, Sub } from '@/components/data-table';
import { count, duration } from '@/components/format';
import { Loaded } from '@/components/loaded';
import { MoreButton } from '@/components/more-button';
import { Page, Panel } from '@/components/page';
import { EmptyState } from '@/components/states';
import { When } from '@/components/when';
import logClasses from '@/modules/logs/logs.module.css';
import { runStates, RunState, took } from '@/modules/server/run-state';

const route = getRouteApi('/shell/server/jobs');

export function JobsPage() {
  const api = useApi();
  const queues = useQuery(queuesQuery(api));
  const filters = route.useSearch();
  const navigate = route.useNavigate();
  const runs = useInfiniteQuery(runsQuery(api, filters));
  const names = [...new Set([...(runs.data?.pages.flatMap((page) => page.items.map((run) => run.job)) ?? []), ...(filters.job ? [filters.job] : [])])].sort();
  return (
    <Page wide title="Jobs" lead="What the server does in the background.">
      <Stack>
        <Panel flush title="Queues">
          <Loaded query={queues} what="Queues" rows={3}>
            {(list) =>
              list.length === 0 ? (
                <p className="muted" style={{ margin: 0, padding: 16 }}>
                  No queue has been used yet.
                </p>
              ) : (
                <DataTable
                  label="Queues"
                  rows={list}
                  rowKey={(queue) => queue.name}
                  columns={[
                    { head: 'Queue', kind: 'lead', cell: (queue) => <span style={{ fontWeight: 550 }}>{queue.name}{queue.paused ? ' (paused)' : ''}</span> },
                    { head: 'Waiting', kind: 'number', cell: (queue) => count(queue.waiting) },
                    { head: 'Running', kind: 'number', cell: (queue) => count(queue.running) },
                    { head: 'Later', kind: 'number', cell: (queue) => count(queue.scheduled) },
                    { head: 'Tried again', kind: 'number', cell: (queue) => count(queue.retry) },
                    { head: 'Dead', kind: 'number', cell: (queue) => count(queue.dead) },
                    { head: 'Oldest waits', kind: 'number', cell: (queue) => duration(queue.latency_seconds) },
                    { head: 'Done today', kind: 'number', cell: (queue) => count(queue.processed_today) },
                    { head: 'Failed today', kind: 'number', cell: (queue) => count(queue.failed_today) },
                  ]}
                />
              )
            }
          </Loaded>
        </Panel>
        <Panel flush title="Periodic jobs">
          <div className={logClasses.filters} role="search" aria-label="Filter jobs">
            <Select
              size="xs"
              label="Job"
              placeholder="All"
              clearable
              allowDeselect
              searchable
              clearButtonProps={{ 'aria-label': 'All jobs' }}
              data={names}
              value={filters.job ?? null}
              onChange={(job) => void navigate({ search: { ...filters, job: job ?? undefined } })}
            />
            <Select
              size="xs"
              label="State"
              placeholder="All"
              clearable
              allowDeselect
              clearButtonProps={{ 'aria-label': 'All states' }}
              data={(Object.keys(runStates) as JobRun['status'][]).map((value) => ({ value, label: runStates[value].word }))}
              value={filters.status ?? null}
              onChange={(status) => void navigate({ search: { ...filters, status: status ?? undefined } })}
            />
            {filters.job !== undefined || filters.status !== undefined ? (
              <Button size="xs" variant="subtle" onClick={() => void navigate({ search: {} })}>
                Clear filters
              </Button>
            ) : null}
          </div>
          <Loaded query={runs} what="Runs" rows={6}>
            {(data) => {
              const rows = data.pages.flatMap((page) => page.items);
              if (rows.length === 0) {
                return (
                  <EmptyState icon={<IconStack2 size={22} />} title="No runs">
                    Periodic jobs show here once they have run.
                  </EmptyState>
                );
              }
              return (
                <>
                  <RunTable rows={rows} />
                  <MoreButton hasMore={runs.hasNextPage} busy={runs.isFetchingNextPage} onMore={() => void runs.fetchNextPage()} />
                </>
              );
            }}
          </Loaded>
        </Panel>
      </Stack>
    </Page>
  );
}

function RunTable({ rows }: { rows: JobRun[] }) {
  return (
    <DataTable
      label="Runs of periodic jobs"
      rows={rows}
      rowKey={(run) => run.id}
      columns={[
        {
          head: 'Job',
          kind: 'lead',
          cell: (run) => (
            <>
              <span className="mono">{run.job}</span>
              {run.error ? <Sub>{run.error}</Sub> : null}
            </>
          ),
        },
        {
          head: 'State',
          kind: 'tight',
          cell: (run) => <RunState status={run.status} />,
        },
        { head: 'For', cell: (run) => <When at={run.scheduled_for} /> },
        { head: 'Took', kind: 'number', cell: took },
        { head: 'Rows', kind: 'number', cell: (run) => (run.affected > 0 ? count(run.affected) : null) },
        { head: 'Tries', kind: 'number', cell: (run) => (run.attempts > 1 ? count(run.attempts) : null) },
      ]}
    />
  );
}
