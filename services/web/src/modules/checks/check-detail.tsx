import { Button, Group, Stack, Title } from '@mantine/core';
import { IconArrowLeft } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { Link, useNavigate } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import { useApi } from '@/api/context';
import { checksQuery, resultOf } from '@/api/queries/checks';
import type { Check, CheckResult } from '@/api/types';
import { executionTime } from '@/components/format';
import { Output } from '@/components/output';
import { Panel } from '@/components/page';
import { EmptyState, ErrorState, RowsSkeleton } from '@/components/states';
import { TimeAgo } from '@/components/time-ago';
import { CheckStatus } from '../agents/status';
import agent from '../agent/agent.module.css';
import { CheckHistory } from './check-history';
import { CheckMenu } from './check-list';
import { checkTitle, limits, typeNames } from './describe';
import type { Range } from './ranges';

interface CheckDetailProps {
  agentId: string;
  checkId: number;
  range: Range;
  onRange: (range: Range) => void;
}

export function CheckDetail({ agentId, checkId, range, onRange }: CheckDetailProps) {
  const checks = useQuery(checksQuery(useApi(), agentId));
  const navigate = useNavigate();
  if (checks.isPending) return <RowsSkeleton label="Loading the check" />;
  if (checks.isError) return <ErrorState title="The check could not be loaded" error={checks.error} onRetry={() => void checks.refetch()} />;
  const check = checks.data.find((each) => each.id === checkId);
  const back = (
    <Button component={Link} to={`/agents/${agentId}/checks`} variant="subtle" size="compact-sm" leftSection={<IconArrowLeft size={15} />}>
      All checks
    </Button>
  );
  if (!check) return <EmptyState icon="?" title="This check is gone" actions={back} />;
  const result = resultOf(check);
  const leave = () => void navigate({ to: '/agents/$agentId/checks', params: { agentId } });

  return (
    <Stack maw={1040}>
      <div>{back}</div>
      <Group gap="sm">
        <Title order={2}>{checkTitle(check)}</Title>
        <CheckStatus result={result} />
        <span style={{ marginLeft: 'auto' }}>
          <CheckMenu check={check} agentId={agentId} afterDelete={leave} />
        </span>
      </Group>
      {result ? (
        <CheckHistory check={check} resultId={result.id} range={range} onRange={onRange} />
      ) : (
        <Panel>
          <EmptyState icon="…" title="Waiting for the first run">
            The agent fetches new checks by itself and reports within its interval. “Run all now” on the list starts them at once.
          </EmptyState>
        </Panel>
      )}
      {result ? <LastResult check={check} result={result} /> : null}
    </Stack>
  );
}

function LastResult({ check, result }: { check: Check; result: CheckResult }) {
  const facts: [string, ReactNode][] = [
    ['Type', typeNames[check.check_type]],
    ['Limits', limits(check)],
    ['Last run', <TimeAgo key="run" at={result.last_run} />],
    ['Failed in a row', result.fail_count],
    ['Tells after', `${check.fails_b4_alert} ${check.fails_b4_alert === 1 ? 'failure' : 'failures'}`],
    ['Runs every', check.run_interval > 0 ? `${check.run_interval} s` : 'as the agent is set'],
  ];
  if (check.check_type === 'script') {
    facts.push(['Return code', result.retcode], ['Took', executionTime(result.execution_time)]);
  }
  return (
    <Panel title="Last result">
      <Stack>
        <dl className={agent.facts2}>
          {facts.map(([name, value]) => (
            <div key={name} style={{ display: 'contents' }}>
              <dt>{name}</dt>
              <dd>{value ?? '–'}</dd>
            </div>
          ))}
        </dl>
        {check.check_type === 'script' ? (
          <>
            <Output label="Standard output" text={result.stdout ?? ''} />
            {result.stderr ? <Output label="Standard error" text={result.stderr} /> : null}
          </>
        ) : result.more_info ? (
          <Output label="What the agent said" text={result.more_info} />
        ) : null}
      </Stack>
    </Panel>
  );
}
