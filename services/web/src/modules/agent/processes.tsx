import { ActionIcon, Button, TextInput } from '@mantine/core';
import { IconPlayerPause, IconPlayerPlay, IconSearch, IconX } from '@tabler/icons-react';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useVirtualizer } from '@tanstack/react-virtual';
import { useMemo, useRef, useState } from 'react';
import { useApi } from '@/api/context';
import { messageOf } from '@/api/errors';
import { agentCalls, agentKeys, processesQuery } from '@/api/queries/agents';
import type { AgentRow, Process } from '@/api/types';
import { ConfirmButton } from '@/components/confirm-button';
import { bytes, count } from '@/components/format';
import { notifyDone, notifyFailed } from '@/components/notify';
import { Panel } from '@/components/page';
import { ErrorState, RowsSkeleton } from '@/components/states';
import classes from './processes.module.css';

/** The list is read again this often, milliseconds. */
const period = 3000;

type Column = 'name' | 'pid' | 'cpu' | 'memory' | 'user';

const compare: Record<Column, (a: Process, b: Process) => number> = {
  name: (a, b) => a.name.localeCompare(b.name),
  pid: (a, b) => a.pid - b.pid,
  cpu: (a, b) => Number(b.cpu_percent) - Number(a.cpu_percent),
  memory: (a, b) => b.membytes - a.membytes,
  user: (a, b) => a.username.localeCompare(b.username),
};

const labels: readonly [Column, string, string?][] = [
  ['name', 'Process'],
  ['pid', 'PID', 'number wide'],
  ['cpu', 'CPU', 'number'],
  ['memory', 'Memory', 'number'],
  ['user', 'User', 'wide'],
];

export function Processes({ id, row }: { id: string; row: AgentRow }) {
  const online = row.connected || row.status === 'online';
  const [live, setLive] = useState(true);
  const [filter, setFilter] = useState('');
  const [sort, setSort] = useState<Column>('cpu');
  const list = useQuery({ ...processesQuery(useApi(), id, live && online ? period : false), enabled: online });

  const shown = useMemo(() => {
    const wanted = filter.trim().toLowerCase();
    return (list.data ?? [])
      .filter((each) => wanted === '' || `${each.name} ${each.username} ${each.pid}`.toLowerCase().includes(wanted))
      .sort((a, b) => compare[sort](a, b) || a.pid - b.pid);
  }, [filter, list.data, sort]);
  const memory = (list.data ?? []).reduce((sum, each) => sum + each.membytes, 0);

  if (!online && !list.data) {
    return <ErrorState title={`${row.hostname} is not connected`} error={new Error('Its processes can be seen when it is back.')} />;
  }
  if (list.isError && !list.data) {
    return <ErrorState title="Processes could not be read" error={list.error} onRetry={() => void list.refetch()} />;
  }
  return (
    <Panel
      title={list.data ? `${count(list.data.length)} processes, ${bytes(memory)} in use` : 'Processes'}
      flush
      actions={
        <>
          <TextInput
            size="xs"
            w={200}
            aria-label="Filter processes"
            placeholder="Filter"
            leftSection={<IconSearch size={14} />}
            value={filter}
            onChange={(event) => setFilter(event.currentTarget.value)}
          />
          <Button
            size="xs"
            variant="default"
            leftSection={live ? <IconPlayerPause size={14} /> : <IconPlayerPlay size={14} />}
            onClick={() => setLive(!live)}
          >
            {live ? 'Pause' : 'Resume'}
          </Button>
        </>
      }
    >
      {list.isError ? (
        <p role="status" className="muted" style={{ padding: '6px 16px', margin: 0 }}>
          Not up to date: {messageOf(list.error)}
        </p>
      ) : null}
      {list.isPending ? (
        <RowsSkeleton rows={10} height={36} label="Reading processes" />
      ) : (
        <ProcessTable id={id} rows={shown} sort={sort} onSort={setSort} />
      )}
    </Panel>
  );
}

interface ProcessTableProps {
  id: string;
  rows: Process[];
  sort: Column;
  onSort: (column: Column) => void;
}

function ProcessTable({ id, rows, sort, onSort }: ProcessTableProps) {
  const scroller = useRef<HTMLDivElement>(null);
  const virtualizer = useVirtualizer({
    count: rows.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => 36,
    getItemKey: (index) => rows[index]?.pid ?? index,
    overscan: 15,
  });
  return (
    <div className={classes.table} ref={scroller} role="table" aria-label="Processes" aria-rowcount={rows.length + 1}>
      <div className={classes.head} role="row">
        {labels.map(([column, label, style]) => (
          <div key={column} role="columnheader" aria-sort={sort === column ? 'other' : 'none'} className={named(style)}>
            <button type="button" onClick={() => onSort(column)}>
              {label}
              {sort === column ? ' •' : ''}
            </button>
          </div>
        ))}
        <div role="columnheader">
          <span className="visually-hidden">Actions</span>
        </div>
      </div>
      <div style={{ height: virtualizer.getTotalSize(), position: 'relative' }} role="rowgroup">
        {virtualizer.getVirtualItems().map((item) => {
          const row = rows[item.index];
          return row ? <ProcessRow key={item.key} id={id} row={row} index={item.index} start={item.start} /> : null;
        })}
      </div>
    </div>
  );
}

function named(style: string | undefined): string {
  return (style ?? '')
    .split(' ')
    .map((name) => classes[name] ?? '')
    .join(' ');
}

function ProcessRow({ id, row, index, start }: { id: string; row: Process; index: number; start: number }) {
  const api = useApi();
  const client = useQueryClient();
  const end = useMutation({
    mutationFn: () => agentCalls.endProcess(api, id, row.pid),
    onSuccess: (said) => {
      notifyDone(said);
      return client.invalidateQueries({ queryKey: agentKeys.processes(id) });
    },
    onError: (error) => notifyFailed(`${row.name} was not ended`, error),
  });
  return (
    <div className={classes.row} role="row" aria-rowindex={index + 2} style={{ transform: `translateY(${start}px)` }}>
      <div role="cell" className="truncate" title={row.name}>
        {row.name}
      </div>
      <div role="cell" className={named('number wide')}>
        {row.pid}
      </div>
      <div role="cell" className={named('number')}>
        {Number(row.cpu_percent).toFixed(1)} %
      </div>
      <div role="cell" className={named('number')}>
        {bytes(row.membytes)}
      </div>
      <div role="cell" className={`truncate ${named('wide')}`} title={row.username}>
        {row.username || '–'}
      </div>
      <div role="cell">
        <ConfirmButton question={`End ${row.name} (PID ${row.pid})? It cannot save its work.`} action="End process" onConfirm={() => end.mutate()}>
          {(open) => (
            <ActionIcon size="sm" variant="subtle" color="gray" loading={end.isPending} onClick={open} aria-label={`End ${row.name}, PID ${row.pid}`}>
              <IconX size={15} />
            </ActionIcon>
          )}
        </ConfirmButton>
      </div>
    </div>
  );
}
