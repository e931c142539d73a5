import { Loader } from '@mantine/core';
import { useMediaQuery } from '@mantine/hooks';
import { IconArrowDown, IconArrowUp } from '@tabler/icons-react';
import { useTable, type Row } from '@tanstack/react-table';
import { useVirtualizer } from '@tanstack/react-virtual';
import { useEffect, useRef, useState, type KeyboardEvent, type MouseEvent } from 'react';
import { sortParts, type AgentFilters, type Sort, type SortKey } from '@/api/filters';
import type { AgentRow } from '@/api/types';
import { TimeAgo } from '@/components/time-ago';
import { columns, features, layouts } from './columns';
import { stillMatches } from './matching';
import { ChecksSummary, MaintenanceBadge, PlatIcon, RebootBadge, StatusBadge } from './status';
import classes from './table.module.css';

const rowHeight = 46;
const cardHeight = 92;
const headHeight = 36;
/** The next page is asked for when this many rows or fewer lie below the view. */
const ahead = 30;

interface AgentRowsProps {
  rows: AgentRow[];
  total: number;
  filters: AgentFilters;
  visible: Readonly<Record<string, boolean>>;
  hasMore: boolean;
  loadingMore: boolean;
  onMore: () => void;
  onSort: (sort: Sort) => void;
  onOpen: (agentId: string, newTab: boolean) => void;
}

type GridRow = Row<typeof features, AgentRow>;

/** The list itself: only what is in view exists; rows on wide screens, cards on narrow ones. */
export function AgentRows(props: AgentRowsProps) {
  const { rows, total, filters, visible, hasMore, loadingMore, onMore, onSort, onOpen } = props;
  const wide = useMediaQuery('(min-width: 768px)', true, { getInitialValueInEffect: false });
  const scroller = useRef<HTMLDivElement>(null);
  const [activeId, setActiveId] = useState<string | null>(null);
  const table = useTable({
    features,
    columns,
    data: rows,
    getRowId: (row) => row.agent_id,
    state: { columnVisibility: visible },
  });
  const gridRows = table.getRowModel().rows;
  const height = wide ? rowHeight : cardHeight;
  const virtualizer = useVirtualizer({
    count: gridRows.length + (hasMore ? 1 : 0),
    getScrollElement: () => scroller.current,
    estimateSize: () => height,
    scrollPaddingStart: wide ? headHeight : 0,
    paddingStart: wide ? headHeight : 0,
    overscan: 12,
  });
  useEffect(() => virtualizer.measure(), [height, virtualizer]);

  const items = virtualizer.getVirtualItems();
  const last = items.at(-1)?.index ?? 0;
  useEffect(() => {
    if (hasMore && !loadingMore && last >= gridRows.length - ahead) onMore();
  }, [gridRows.length, hasMore, last, loadingMore, onMore]);

  const tracks = table
    .getVisibleLeafColumns()
    .map((column) => layouts[column.id]?.width ?? '1fr')
    .join(' ');
  const least = table.getVisibleLeafColumns().reduce((sum, column) => sum + (layouts[column.id]?.least ?? 100) + 14, 40);
  const activeIndex = Math.max(0, activeId === null ? 0 : gridRows.findIndex((row) => row.id === activeId));

  const focusRow = (index: number) => {
    const target = gridRows[Math.min(Math.max(index, 0), gridRows.length - 1)];
    if (!target) return;
    setActiveId(target.id);
    virtualizer.scrollToIndex(target.index, { align: 'auto' });
    requestAnimationFrame(() => scroller.current?.querySelector<HTMLElement>(`[data-agent="${CSS.escape(target.id)}"]`)?.focus());
  };
  const onKeyDown = (event: KeyboardEvent<HTMLDivElement>) => {
    if (event.ctrlKey || event.metaKey || event.altKey || !(event.target as HTMLElement).dataset.agent) return;
    const target = keyTarget(event.key, activeIndex, gridRows.length);
    if (target !== null) {
      event.preventDefault();
      focusRow(target);
    } else if (event.key === 'Enter') {
      event.preventDefault();
      const row = gridRows[activeIndex];
      if (row) onOpen(row.id, false);
    }
  };

  useEffect(() => {
    const fromPage = (event: globalThis.KeyboardEvent) => {
      const onPage = document.activeElement === document.body || document.activeElement instanceof HTMLHeadingElement;
      if (!onPage || event.ctrlKey || event.metaKey || event.altKey) return;
      if (event.key !== 'j' && event.key !== 'k') return;
      event.preventDefault();
      focusRow(activeIndex);
    };
    window.addEventListener('keydown', fromPage);
    return () => window.removeEventListener('keydown', fromPage);
  });

  const rowProps = (row: GridRow, start: number) => ({
    role: 'row',
    'aria-rowindex': row.index + 2,
    'data-agent': row.id,
    'data-stale': stillMatches(row.original, filters) ? undefined : true,
    tabIndex: row.index === activeIndex ? 0 : -1,
    style: { transform: `translateY(${start}px)`, height, ...(wide ? { gridTemplateColumns: tracks } : {}) },
    onClick: (event: MouseEvent) => onOpen(row.id, event.ctrlKey || event.metaKey),
    onAuxClick: (event: MouseEvent) => {
      if (event.button === 1) onOpen(row.id, true);
    },
    onFocus: () => setActiveId(row.id),
  });

  return (
    <div className={classes.scroller} ref={scroller}>
      <div
        className={classes.grid}
        role="grid"
        tabIndex={-1}
        aria-label="Agents"
        aria-rowcount={total + 1}
        aria-busy={loadingMore}
        style={{ height: virtualizer.getTotalSize(), ...(wide ? { minWidth: least } : {}) }}
        onKeyDown={onKeyDown}
      >
        {wide ? (
          <div className={classes.head} role="row" aria-rowindex={1} style={{ gridTemplateColumns: tracks }}>
            {table.getVisibleLeafColumns().map((column) => (
              <HeadCell key={column.id} id={column.id} sort={filters.sort} onSort={onSort} />
            ))}
          </div>
        ) : null}
        {items.map((item) => {
          const row = gridRows[item.index];
          if (!row) {
            return (
              <div key="more" className={classes.more} style={{ transform: `translateY(${item.start}px)` }}>
                <Loader size="sm" aria-label="Loading more agents" />
              </div>
            );
          }
          return wide ? (
            <div key={row.id} className={classes.row} {...rowProps(row, item.start - headHeight)}>
              {row.getVisibleCells().map((cell) => (
                <div key={cell.id} className={classes.cell} role="gridcell">
                  <table.FlexRender cell={cell} />
                </div>
              ))}
            </div>
          ) : (
            <div key={row.id} className={classes.card} {...rowProps(row, item.start)}>
              <Card row={row.original} />
            </div>
          );
        })}
      </div>
    </div>
  );
}

function keyTarget(key: string, from: number, length: number): number | null {
  if (key === 'j' || key === 'ArrowDown') return from + 1;
  if (key === 'k' || key === 'ArrowUp') return from - 1;
  if (key === 'Home') return 0;
  if (key === 'End') return length - 1;
  if (key === 'PageDown') return from + 12;
  if (key === 'PageUp') return from - 12;
  return null;
}

function HeadCell({ id, sort, onSort }: { id: string; sort: Sort | undefined; onSort: (sort: Sort) => void }) {
  const layout = layouts[id];
  if (!layout) return null;
  const present = sortParts(sort);
  const sorted = layout.sort === present.key ? (present.descending ? 'descending' : 'ascending') : 'none';
  const key: SortKey | undefined = layout.sort;
  return (
    <div role="columnheader" aria-sort={key ? sorted : undefined} className={classes.cell}>
      {key ? (
        <button type="button" className={classes.sort} onClick={() => onSort(sorted === 'ascending' ? `-${key}` : key)}>
          {layout.label}
          {sorted === 'ascending' ? <IconArrowUp size={13} aria-hidden /> : null}
          {sorted === 'descending' ? <IconArrowDown size={13} aria-hidden /> : null}
        </button>
      ) : (
        layout.label
      )}
    </div>
  );
}

function Card({ row }: { row: AgentRow }) {
  return (
    <div role="gridcell" style={{ display: 'contents' }}>
      <div className={classes.cardLine}>
        <span className={classes.host}>
          <span className={classes.plat}>
            <PlatIcon plat={row.plat} />
          </span>
          <span className={`${classes.hostname ?? ''} truncate`}>{row.hostname}</span>
        </span>
        <StatusBadge status={row.status} />
      </div>
      <div className={`${classes.cardMeta ?? ''} truncate`}>
        {row.client.name} › {row.site.name}
        {row.operating_system ? ` · ${row.operating_system}` : ''}
      </div>
      <div className={classes.cardLine}>
        {row.maintenance_mode ? <MaintenanceBadge /> : row.needs_reboot && row.checks.failing === 0 ? <RebootBadge /> : <ChecksSummary checks={row.checks} />}
        <span className={classes.cardMeta}>{row.connected ? 'now' : <TimeAgo at={row.last_seen} />}</span>
      </div>
    </div>
  );
}
