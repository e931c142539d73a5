import { Badge as MantineBadge, SegmentedControl } from '@mantine/core';
import { IconCalendarEvent, IconFileCode, IconHistory, IconTerminal } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { useApi } from '@/api/context';
import { historyQuery } from '@/api/queries/agents';
import type { HistoryEntry } from '@/api/types';
import { executionTime } from '@/components/format';
import { Output } from '@/components/output';
import { Panel } from '@/components/page';
import { EmptyState, ErrorState, RowsSkeleton } from '@/components/states';
import { TimeAgo } from '@/components/time-ago';
import classes from './history.module.css';

export type HistoryKind = 'all' | 'cmd_run' | 'script_run' | 'task_run';

const kinds: { value: HistoryKind; label: string }[] = [
  { value: 'all', label: 'All' },
  { value: 'cmd_run', label: 'Commands' },
  { value: 'script_run', label: 'Scripts' },
  { value: 'task_run', label: 'Tasks' },
];

/** As many entries are drawn at first, and again with each "more". */
const portion = 100;

interface HistoryProps {
  id: string;
  kind: HistoryKind;
  onKind: (kind: HistoryKind) => void;
}

/** What was run on the machine, by whom, and what it printed. */
export function History({ id, kind, onKind }: HistoryProps) {
  const history = useQuery(historyQuery(useApi(), id));
  const [opened, setOpened] = useState<number | null>(null);
  const [limit, setLimit] = useState(portion);
  if (history.isPending) return <RowsSkeleton label="Loading the history" />;
  if (history.isError) return <ErrorState title="The history could not be loaded" error={history.error} onRetry={() => void history.refetch()} />;
  const entries = history.data.filter((entry) => kind === 'all' || entry.type === kind);
  return (
    <Panel
      title="History"
      flush
      actions={<SegmentedControl size="xs" aria-label="Show" data={kinds} value={kind} onChange={(value) => onKind(value)} />}
    >
      {entries.length === 0 ? (
        <EmptyState icon={<IconHistory size={22} />} title="Nothing was run yet">
          Commands and scripts appear here with their output.
        </EmptyState>
      ) : (
        <ul className={classes.list}>
          {entries.slice(0, limit).map((entry) => (
            <Entry key={entry.id} entry={entry} opened={opened === entry.id} onToggle={() => setOpened(opened === entry.id ? null : entry.id)} />
          ))}
        </ul>
      )}
      {entries.length > limit ? (
        <button type="button" className={classes.toggle} onClick={() => setLimit(limit + portion)}>
          <span />
          Show {Math.min(portion, entries.length - limit)} more of {entries.length}
        </button>
      ) : null}
    </Panel>
  );
}

interface EntryProps {
  entry: HistoryEntry;
  opened: boolean;
  onToggle: () => void;
}

function Entry({ entry, opened, onToggle }: EntryProps) {
  const Icon = entry.type === 'script_run' ? IconFileCode : entry.type === 'cmd_run' ? IconTerminal : IconCalendarEvent;
  const title = entry.type === 'cmd_run' ? entry.command : (entry.script_name ?? entry.command ?? 'A script that was deleted');
  const code = entry.script_results?.retcode;
  const waiting = entry.results === null && entry.script_results === null;
  return (
    <li className={classes.item}>
      <button type="button" className={classes.toggle} aria-expanded={opened} onClick={onToggle}>
        <Icon size={18} aria-hidden />
        <span style={{ minWidth: 0 }}>
          <span className={`truncate ${entry.type === 'cmd_run' ? 'mono' : ''}`} style={{ display: 'block' }}>
            {title}
          </span>
          <span className={classes.meta}>
            {entry.username}, <TimeAgo at={entry.time} />
          </span>
        </span>
        {waiting ? (
          <MantineBadge variant="light" color="gray" tt="none">
            No result yet
          </MantineBadge>
        ) : code !== undefined && code !== 0 ? (
          <MantineBadge variant="light" color="red" tt="none">
            Code {code}
          </MantineBadge>
        ) : null}
      </button>
      {opened ? (
        <div className={classes.body}>
          {entry.type === 'cmd_run' && entry.command && entry.command.length > 60 ? <Output label="Command" text={entry.command} maxHeight={140} /> : null}
          {entry.script_results ? <ScriptOutput entry={entry} /> : <Output label="Output" text={entry.results ?? ''} empty={waiting ? 'The agent has not reported yet' : 'No output'} />}
        </div>
      ) : null}
    </li>
  );
}

function ScriptOutput({ entry }: { entry: HistoryEntry }) {
  const results = entry.script_results;
  if (!results) return null;
  const took = executionTime(results.execution_time);
  return (
    <>
      <Output
        label="Standard output"
        head={`Standard output · return code ${results.retcode}${took ? ` · took ${took}` : ''}`}
        text={results.stdout}
      />
      {results.stderr ? <Output label="Standard error" text={results.stderr} /> : null}
    </>
  );
}
