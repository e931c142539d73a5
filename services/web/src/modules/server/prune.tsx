import { Button, Checkbox, Group, Stack, Text } from '@mantine/core';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useApi } from '@/api/context';
import { jobNames, prunableQuery, serverCalls, serverKeys, type PruneTable } from '@/api/queries/server';
import { ConfirmTyped } from '@/components/confirm-typed';
import { plural } from '@/components/format';
import { LastRun } from './last-run';
import classes from './server.module.css';

const tables: readonly { value: PruneTable; label: string; about: string }[] = [
  { value: 'audit_logs', label: 'Audit rows about check runs', about: 'All other rows of the audit log are kept' },
  { value: 'pending_actions', label: 'Pending actions that are done', about: 'What still waits is kept' },
  { value: 'alerts', label: 'All alerts', about: 'Also those that are open' },
];

const word = 'prune';

interface PruneProps {
  /** The chosen tables and whether the question is open; both are a part of the address. */
  chosen: readonly PruneTable[];
  asking: boolean;
  onChange: (chosen: PruneTable[], asking: boolean) => void;
}

/** Deletes rows that no setting of retention covers, after a question that says how many. */
export function Prune({ chosen, asking, onChange }: PruneProps) {
  const api = useApi();
  const client = useQueryClient();
  const { data: rows, isPending } = useQuery(prunableQuery(api));
  const wanted = tables.filter((table) => chosen.includes(table.value));
  const total = rows ? wanted.reduce((sum, table) => sum + (rows[table.value] ?? 0), 0) : null;
  const nothing = total === 0 && wanted.length > 0;
  const count = () => void client.invalidateQueries({ queryKey: serverKeys.prunable });
  const prune = async () => {
    await serverCalls.prune(api, wanted.map((table) => table.value));
    onChange([], false);
    await Promise.all(wanted.map(({ value }) => client.invalidateQueries({ queryKey: serverKeys.lastRun(jobNames[value]) })));
  };
  return (
    <Stack>
      <Checkbox.Group aria-label="What to delete" value={[...chosen]} onChange={(next) => onChange(tables.map((table) => table.value).filter((value) => next.includes(value)), false)}>
        <Stack gap="sm">
          {tables.map((table) => (
            <div key={table.value}>
              <Checkbox value={table.value} label={table.label} description={rows ? `${table.about}. ${plural(rows[table.value] ?? 0, 'row')} now.` : table.about} />
              <div className={classes.under}>
                <LastRun job={jobNames[table.value]} unit="row" onEnded={count} />
              </div>
            </div>
          ))}
        </Stack>
      </Checkbox.Group>
      <Group>
        <Button color="red" disabled={wanted.length === 0 || nothing} onClick={() => onChange([...chosen], true)}>
          Delete these rows…
        </Button>
        {nothing ? <span className="muted">There are no such rows now.</span> : null}
      </Group>
      <ConfirmTyped
        // An answer that is on its way may say that there is nothing to ask.
        opened={asking && wanted.length > 0 && !nothing && !isPending}
        title={total === null ? 'Delete these rows for good?' : `Delete ${plural(total, 'row')} for good?`}
        word={word}
        action={total === null ? 'Delete' : `Delete ${plural(total, 'row')}`}
        onClose={() => onChange([...chosen], false)}
        onConfirm={prune}
      >
        <ul style={{ margin: '0 0 8px', paddingInlineStart: 20 }}>
          {wanted.map((table) => (
            <li key={table.value}>
              {table.label}
              {rows ? `: ${plural(rows[table.value] ?? 0, 'row')}` : ''}
            </li>
          ))}
        </ul>
        <Text size="sm">Nothing brings them back but a backup of the database.</Text>
      </ConfirmTyped>
    </Stack>
  );
}
