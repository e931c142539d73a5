import { Button } from '@mantine/core';
import { useDocumentTitle, useMediaQuery } from '@mantine/hooks';
import { IconDeviceDesktopPlus, IconRefresh, IconSearchOff } from '@tabler/icons-react';
import { keepPreviousData, useInfiniteQuery, useQuery } from '@tanstack/react-query';
import { getRouteApi, Link } from '@tanstack/react-router';
import { useCallback, useMemo } from 'react';
import { useApi } from '@/api/context';
import { isFiltered, type AgentFilters, type Sort } from '@/api/filters';
import { agentCountsQuery, agentListQuery } from '@/api/queries/agents';
import { treeQuery } from '@/api/queries/tree';
import { count } from '@/components/format';
import { PageTitle } from '@/components/page';
import { EmptyState, ErrorState, RowsSkeleton } from '@/components/states';
import { AgentRows } from '@/modules/agents/agent-rows';
import { AddFilterMenu, FilterChips, placeNames } from '@/modules/agents/filter-chips';
import { stillMatches } from '@/modules/agents/matching';
import { SearchBox } from '@/modules/agents/search-box';
import { SummaryStrip } from '@/modules/agents/summary-strip';
import classes from '@/modules/agents/table.module.css';
import { ColumnMenu, SavedViews, useColumnVisibility } from '@/modules/agents/view-menu';
import { FirstClient } from '@/modules/clients/first-client';

const route = getRouteApi('/shell/agents/');

export function AgentsPage() {
  const api = useApi();
  const filters = route.useSearch();
  const navigate = route.useNavigate();
  const tree = useQuery(treeQuery(api));
  const list = useInfiniteQuery({ ...agentListQuery(api, filters), placeholderData: keepPreviousData });
  const counts = useQuery({ ...agentCountsQuery(api, filters), placeholderData: keepPreviousData });
  const [visible, setVisible] = useColumnVisibility();
  const wide = useMediaQuery('(min-width: 768px)', true, { getInitialValueInEffect: false });

  const title = useTitle(filters, tree.data);
  useDocumentTitle(`${title} · Gueen RMM`);

  const rows = useMemo(() => list.data?.pages.flatMap((page) => page.items) ?? [], [list.data]);
  const total = list.data?.pages[0]?.total ?? 0;
  const strayed = useMemo(() => rows.filter((row) => !stillMatches(row, filters)).length, [rows, filters]);

  const change = useCallback((next: AgentFilters) => void navigate({ search: next, replace: true }), [navigate]);
  const search = useCallback(
    (q: string) => void navigate({ search: (present) => ({ ...present, q: q === '' ? undefined : q }), replace: true }),
    [navigate],
  );
  const open = useCallback(
    (agentId: string, newTab: boolean) => {
      if (newTab) window.open(`${import.meta.env.BASE_URL}agents/${encodeURIComponent(agentId)}`, '_blank', 'noopener');
      else void navigate({ to: '/agents/$agentId', params: { agentId } });
    },
    [navigate],
  );
  const more = useCallback(() => void list.fetchNextPage(), [list]);

  if (tree.data?.clients.length === 0) return <FirstClient />;

  return (
    <div className={classes.list}>
      <div className={classes.toolbar}>
        <div className={classes.titleLine}>
          <div>
            <PageTitle>{title}</PageTitle>
            <span className="muted" aria-live="polite">
              {list.isPending ? 'Loading…' : `${count(total)} ${total === 1 ? 'agent' : 'agents'}`}
            </span>
          </div>
          <div className={classes.tools}>
            <SearchBox value={filters.q ?? ''} onChange={search} />
            <AddFilterMenu filters={filters} onChange={change} />
            <SavedViews filters={filters} onOpen={(next) => void navigate({ search: next })} />
            {wide ? <ColumnMenu visible={visible} onChange={setVisible} /> : null}
          </div>
        </div>
        <SummaryStrip counts={counts.data} filters={filters} onChange={change} />
        <FilterChips filters={filters} tree={tree.data} onChange={change} />
      </div>
      {strayed > 0 ? (
        <div className={classes.notice} role="status">
          {strayed === 1 ? 'One agent' : `${strayed} agents`} changed and no longer {strayed === 1 ? 'matches' : 'match'} this view.
          <Button size="compact-xs" variant="default" leftSection={<IconRefresh size={13} />} onClick={() => void list.refetch()}>
            Refresh
          </Button>
        </div>
      ) : null}
      {list.isPending ? (
        <div className={classes.scroller}>
          <RowsSkeleton rows={12} height={46} label="Loading agents" />
        </div>
      ) : list.isError && rows.length === 0 ? (
        <ErrorState title="Agents could not be loaded" error={list.error} onRetry={() => void list.refetch()} />
      ) : rows.length === 0 ? (
        <Nothing filters={filters} onClear={() => change(filters.sort ? { sort: filters.sort } : {})} />
      ) : (
        <AgentRows
          rows={rows}
          total={total}
          filters={filters}
          visible={visible}
          hasMore={list.hasNextPage}
          loadingMore={list.isFetchingNextPage}
          onMore={more}
          onSort={(sort: Sort) => change({ ...filters, sort })}
          onOpen={open}
        />
      )}
    </div>
  );
}

function useTitle(filters: AgentFilters, tree: Parameters<typeof placeNames>[1]): string {
  const names = placeNames(filters, tree);
  if (names.site) return names.siteClient ? `${names.siteClient} › ${names.site}` : names.site;
  return names.client ?? 'All agents';
}

function Nothing({ filters, onClear }: { filters: AgentFilters; onClear: () => void }) {
  const { q, status, health, plat, monitoring_type: type, needs_reboot: reboot, maintenance } = filters;
  const narrowed = isFiltered({ q, status, health, plat, monitoring_type: type, needs_reboot: reboot, maintenance });
  if (narrowed) {
    return (
      <EmptyState
        icon={<IconSearchOff size={22} />}
        title="No agent matches"
        actions={
          <Button variant="default" onClick={onClear}>
            Clear filters
          </Button>
        }
      >
        Try fewer filters or another word. The search looks at host, client, site, user, operating system and addresses.
      </EmptyState>
    );
  }
  const place = { ...(filters.client ? { client: filters.client } : {}), ...(filters.site ? { site: filters.site } : {}) };
  return (
    <EmptyState
      icon={<IconDeviceDesktopPlus size={22} />}
      title="No agents here yet"
      actions={
        <Button renderRoot={(props) => <Link {...props} to="/add-agent" search={place} />}>Add an agent</Button>
      }
    >
      Paste one command on a machine and it appears here within seconds.
    </EmptyState>
  );
}
