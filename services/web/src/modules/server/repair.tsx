import { Button } from '@mantine/core';
import { IconCircleCheck } from '@tabler/icons-react';
import { useQueryClient } from '@tanstack/react-query';
import { useState, type ReactNode } from 'react';
import { useApi } from '@/api/context';
import { jobNames, serverCalls, serverKeys } from '@/api/queries/server';
import { Badge } from '@/components/badge';
import { ConfirmButton } from '@/components/confirm-button';
import { notifyFailed } from '@/components/notify';
import { LastRun } from './last-run';
import classes from './server.module.css';

/** What an administrator starts to put things right; each says beside its button how it went. */
export function Repair() {
  const api = useApi();
  const client = useQueryClient();
  const [cleared, setCleared] = useState<string | null>(null);
  const run = async (call: () => Promise<string>, job?: string) => {
    try {
      return await call();
    } catch (error) {
      notifyFailed('That did not work', error);
      return null;
    } finally {
      if (job) await client.invalidateQueries({ queryKey: serverKeys.lastRun(job) });
    }
  };
  return (
    <div className={classes.actions}>
      <Action
        title="Forget what is cached"
        about="Rights, settings and policies are read afresh. Harmless; the next calls are slower."
        action="Clear the cache"
        onRun={async () => {
          setCleared(null);
          setCleared(await run(() => serverCalls.clearCache(api)));
        }}
        result={
          <div className={classes.lastRun} role="status">
            {cleared === null ? null : (
              <Badge tone="ok" icon={<IconCircleCheck size={15} />}>
                {cleared}
              </Badge>
            )}
          </div>
        }
      />
      <Action
        title="Reload the message bus"
        about="The bus reads its configuration again. Connected agents stay connected."
        action="Reload"
        onRun={() => run(() => serverCalls.reloadBus(api), jobNames.reloadBus)}
        result={<LastRun job={jobNames.reloadBus} unit="server" />}
      />
      <Action
        title="Remove orphaned tasks"
        about="Scheduled tasks on Windows agents that this server no longer knows."
        action="Remove"
        question="Every connected Windows agent is asked to remove scheduled tasks that are not known here."
        onRun={() => run(() => serverCalls.removeOrphans(api), jobNames.removeOrphans)}
        result={<LastRun job={jobNames.removeOrphans} unit="task" />}
      />
    </div>
  );
}

interface ActionProps {
  title: string;
  about: string;
  action: string;
  question?: string;
  onRun: () => Promise<unknown>;
  result: ReactNode;
}

function Action({ title, about, action, question, onRun, result }: ActionProps) {
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
        {result}
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
