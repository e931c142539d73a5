import { Button, Checkbox, Group, Stack } from '@mantine/core';
import { Link } from '@tanstack/react-router';
import { useQueryClient } from '@tanstack/react-query';
import { useState, type ReactNode } from 'react';
import { useApi } from '@/api/context';
import { serverCalls, serverKeys, type PruneTable } from '@/api/queries/server';
import { ConfirmButton } from '@/components/confirm-button';
import { ConfirmTyped } from '@/components/confirm-typed';
import { notifyDone, notifyFailed } from '@/components/notify';
import { Page, Panel } from '@/components/page';
import classes from '@/modules/server/server.module.css';

const tables: readonly { value: PruneTable; label: string; about: string }[] = [
  { value: 'audit_logs', label: 'Audit rows about check runs', about: 'All other rows of the audit log are kept' },
  { value: 'pending_actions', label: 'Pending actions that are done', about: 'What still waits is kept' },
  { value: 'alerts', label: 'All alerts', about: 'Also those that are open' },
];

const word = 'prune';

export function MaintenancePage() {
  const api = useApi();
  const client = useQueryClient();
  const [chosen, setChosen] = useState<PruneTable[]>([]);
  const [asking, setAsking] = useState(false);
  const run = async (call: () => Promise<string>) => {
    try {
      notifyDone(await call());
    } catch (error) {
      notifyFailed('That did not work', error);
    }
    await client.invalidateQueries({ queryKey: serverKeys.runs });
  };
  return (
    <Page
      title="Maintenance"
      narrow
      lead={
        <>
          The work is done in the background; <Link to="/server/jobs">Jobs</Link> shows how far it is.
        </>
      }
    >
      <Stack>
        <Panel flush title="Repair">
          <div className={classes.actions}>
            <Action title="Forget what is cached" about="Rights, settings and policies are read afresh. Harmless; the next calls are slower." action="Clear the cache" onRun={() => run(() => serverCalls.clearCache(api))} />
            <Action title="Reload the message bus" about="The bus reads its configuration again. Connected agents stay connected." action="Reload" onRun={() => run(() => serverCalls.reloadBus(api))} />
            <Action
              title="Remove orphaned tasks"
              about="Scheduled tasks on Windows agents that this server no longer knows."
              action="Remove"
              question="Every connected Windows agent is asked to remove scheduled tasks that are not known here."
              onRun={() => run(() => serverCalls.removeOrphans(api))}
            />
          </div>
        </Panel>
        <Panel title="Prune the database">
          <Stack>
            <Checkbox.Group aria-label="What to delete" value={chosen} onChange={(next) => setChosen(next)}>
              <Stack gap="xs">
                {tables.map((table) => (
                  <Checkbox key={table.value} value={table.value} label={table.label} description={table.about} />
                ))}
              </Stack>
            </Checkbox.Group>
            <Group>
              <Button color="red" disabled={chosen.length === 0} onClick={() => setAsking(true)}>
                Delete these rows…
              </Button>
            </Group>
          </Stack>
        </Panel>
      </Stack>
      <ConfirmTyped
        opened={asking}
        title="Delete these rows for good?"
        word={word}
        action="Delete"
        onClose={() => setAsking(false)}
        onConfirm={async () => {
          notifyDone(await serverCalls.prune(api, chosen));
          setAsking(false);
          setChosen([]);
          await client.invalidateQueries({ queryKey: serverKeys.runs });
        }}
      >
        <ul style={{ margin: 0 }}>
          {tables
            .filter((table) => chosen.includes(table.value))
            .map((table) => (
              <li key={table.value}>{table.label}</li>
            ))}
        </ul>
      </ConfirmTyped>
    </Page>
  );
}

interface ActionProps {
  title: string;
  about: ReactNode;
  action: string;
  question?: string;
  onRun: () => Promise<void>;
}

function Action({ title, about, action, question, onRun }: ActionProps) {
  const [busy, setBusy] = useState(false);
  const run = async () => {
    setBusy(true);
    await onRun();
    setBusy(false);
  };
  const button = (onClick: () => void) => (
    <Button variant="default" loading={busy} aria-label={`${action}: ${title}`} onClick={onClick}>
      {action}
    </Button>
  );
  return (
    <div className={classes.action}>
      <div>
        <strong>{title}</strong>
        <span className="muted">{about}</span>
      </div>
      {question ? (
        <ConfirmButton question={question} action={action} onConfirm={() => void run()}>
          {(open) => button(open)}
        </ConfirmButton>
      ) : (
        button(() => void run())
      )}
    </div>
  );
}
