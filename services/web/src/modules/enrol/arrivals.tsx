import { Button, Loader, Stack, Text } from '@mantine/core';
import { IconCircleCheck } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useApi } from '@/api/context';
import { ApiError } from '@/api/errors';
import { enrolmentQuery } from '@/api/queries/enrolments';
import { Copy } from '@/components/copy';
import { dateTime, parseDate } from '@/components/format';
import { Panel } from '@/components/page';
import { ErrorState } from '@/components/states';
import { useTopic } from '@/live/provider';
import classes from './enrol.module.css';

interface ArrivalsProps {
  id: string;
  /** Only known right after creation: it holds a secret and is shown once. */
  command: string | undefined;
  onAgain: () => void;
}

/** The command to paste, and who has arrived through it. */
export function Arrivals({ id, command, onAgain }: ArrivalsProps) {
  useTopic({ topic: 'enrolment', id });
  const enrolment = useQuery(enrolmentQuery(useApi(), id));
  if (enrolment.isError) {
    const gone = enrolment.error instanceof ApiError && enrolment.error.status === 404;
    return (
      <ErrorState
        title={gone ? 'This command is no longer valid' : 'The state could not be read'}
        error={enrolment.error}
        onRetry={gone ? onAgain : () => void enrolment.refetch()}
      />
    );
  }
  const expires = parseDate(enrolment.data?.expires);
  const agents = enrolment.data?.agents ?? [];
  return (
    <Stack>
      <Panel title="1. Run this on the machine" actions={command ? <Copy text={command} what="command" wide /> : undefined}>
        {command ? (
          <>
            <pre className={classes.command} aria-label="Command to paste">
              {command}
            </pre>
            <Text size="sm" c="dimmed" mt="sm">
              Needs administrator rights there. It can be used on any number of machines{expires ? ` until ${dateTime(expires)}` : ''}. It carries a secret
              and is shown only now.
            </Text>
          </>
        ) : (
          <Text c="dimmed">
            The command was shown when it was made.{' '}
            <Button variant="subtle" size="compact-sm" onClick={onAgain}>
              Make a new one
            </Button>
          </Text>
        )}
      </Panel>
      <Panel title="2. Wait for it here">
        <Stack gap="sm" role="status" aria-live="polite">
          {agents.map((agent) => (
            <div key={agent.agent_id} className={classes.arrived}>
              <IconCircleCheck size={20} color="var(--g-ok)" aria-hidden />
              <span>
                <b>{agent.hostname}</b> has arrived.
              </span>
              <Button component={Link} to={`/agents/${agent.agent_id}`} size="xs">
                Open {agent.hostname}
              </Button>
            </div>
          ))}
          <div className={classes.waiting}>
            <Loader size="xs" aria-hidden />
            {agents.length === 0 ? 'Waiting for the machine. This page notices by itself.' : 'Waiting for more machines.'}
          </div>
        </Stack>
      </Panel>
    </Stack>
  );
}
