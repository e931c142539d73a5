import { ActionIcon, Button, Menu, Text, Tooltip } from '@mantine/core';
import { IconClipboardCheck, IconDots, IconPencil, IconPlayerPlay, IconPlus, IconRestore, IconTrash } from '@tabler/icons-react';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { Link, useNavigate } from '@tanstack/react-router';
import { useState } from 'react';
import { useApi } from '@/api/context';
import { checkCalls, checkKeys, checksQuery, resultOf } from '@/api/queries/checks';
import type { Check } from '@/api/types';
import { notifyDone, notifyFailed } from '@/components/notify';
import { Panel } from '@/components/page';
import { EmptyState, ErrorState, RowsSkeleton } from '@/components/states';
import { TimeAgo } from '@/components/time-ago';
import { useCan } from '../account-rights';
import { CheckStatus } from '../agents/status';
import classes from './checks.module.css';
import { checkTitle, limits, moreInfo, worstFirst } from './describe';

export function CheckList({ id, online }: { id: string; online: boolean }) {
  const api = useApi();
  const can = useCan();
  const checks = useQuery(checksQuery(api, id));
  const run = useMutation({
    mutationFn: () => checkCalls.runAll(api, id),
    onSuccess: (said) => notifyDone(said),
    onError: (error) => notifyFailed('The checks were not started', error),
  });
  const add = can('can_manage_checks') ? (
    <Button component={Link} size="xs" to={`/agents/${id}/checks/new`} leftSection={<IconPlus size={15} />}>
      Add check
    </Button>
  ) : null;

  return (
    <Panel
      title="Checks"
      flush
      actions={
        <>
          {can('can_run_checks') ? (
            <Tooltip label="The machine is not connected" disabled={online}>
              <Button
                variant="default"
                size="xs"
                leftSection={<IconPlayerPlay size={15} />}
                loading={run.isPending}
                disabled={!online || checks.data?.length === 0}
                onClick={() => run.mutate()}
              >
                Run all now
              </Button>
            </Tooltip>
          ) : null}
          {add}
        </>
      }
    >
      {checks.isPending ? (
        <RowsSkeleton rows={4} height={48} label="Loading checks" />
      ) : checks.isError ? (
        <ErrorState title="Checks could not be loaded" error={checks.error} onRetry={() => void checks.refetch()} />
      ) : checks.data.length === 0 ? (
        <EmptyState icon={<IconClipboardCheck size={22} />} title="Nothing is watched yet" actions={add}>
          A check looks at CPU, memory, a disk, a host or the result of a script, and tells when a limit is crossed.
        </EmptyState>
      ) : (
        <table className={classes.table}>
          <thead>
            <tr>
              <th>Status</th>
              <th>Check</th>
              <th>Last result</th>
              <th>Last run</th>
              <th>
                <span className="visually-hidden">Actions</span>
              </th>
            </tr>
          </thead>
          <tbody>
            {worstFirst(checks.data).map((check) => (
              <CheckRow key={check.id} check={check} agentId={id} />
            ))}
          </tbody>
        </table>
      )}
    </Panel>
  );
}

function CheckRow({ check, agentId }: { check: Check; agentId: string }) {
  const result = resultOf(check);
  const limit = limits(check);
  return (
    <tr>
      <td className={classes.status}>
        <CheckStatus result={result} />
      </td>
      <td className={classes.name}>
        <Link to="/agents/$agentId/checks/$checkId" params={{ agentId, checkId: String(check.id) }}>
          {checkTitle(check)}
        </Link>
        <div className={classes.sub}>
          {[limit, check.policy ? 'from a policy' : null, check.overridden_by_policy ? 'overridden by a policy' : null].filter(Boolean).join(' · ')}
        </div>
      </td>
      <td className={classes.info}>{moreInfo(check)}</td>
      <td className={classes.when}>
        <TimeAgo at={result?.last_run} />
      </td>
      <td className={classes.tools}>
        <CheckMenu check={check} agentId={agentId} />
      </td>
    </tr>
  );
}

/** What can be done with one check; deletion asks in place. */
export function CheckMenu({ check, agentId, afterDelete }: { check: Check; agentId: string; afterDelete?: () => void }) {
  const api = useApi();
  const can = useCan();
  const client = useQueryClient();
  const navigate = useNavigate();
  const [asking, setAsking] = useState(false);
  const result = resultOf(check);
  const settle = () => client.invalidateQueries({ queryKey: checkKeys.agent(agentId) });
  const reset = useMutation({
    mutationFn: (resultId: number) => checkCalls.reset(api, resultId),
    onSuccess: (said) => {
      notifyDone(said);
      return settle();
    },
    onError: (error) => notifyFailed('The check was not reset', error),
  });
  const remove = useMutation({
    mutationFn: () => checkCalls.remove(api, check.id),
    onSuccess: (said) => {
      notifyDone(said);
      afterDelete?.();
      return settle();
    },
    onError: (error) => notifyFailed('The check was not deleted', error),
  });
  const own = check.policy === null;
  const manage = can('can_manage_checks');
  const title = checkTitle(check);
  return (
    <Menu width={230} onClose={() => setAsking(false)}>
      <Menu.Target>
        <ActionIcon variant="subtle" color="gray" aria-label={`Actions for ${title}`}>
          <IconDots size={18} />
        </ActionIcon>
      </Menu.Target>
      <Menu.Dropdown>
        {asking ? (
          <>
            <Text size="sm" p="xs">
              Delete “{title}” and its history?
            </Text>
            <Menu.Item c="var(--g-bad)" onClick={() => remove.mutate()}>
              Delete check
            </Menu.Item>
            <Menu.Item>Cancel</Menu.Item>
          </>
        ) : (
          <>
            <Menu.Item
              leftSection={<IconPencil size={16} />}
              disabled={!own || !manage}
              onClick={() =>
                void navigate({ to: '/agents/$agentId/checks/$checkId/edit', params: { agentId, checkId: String(check.id) } })
              }
            >
              Edit
            </Menu.Item>
            <Menu.Item
              leftSection={<IconRestore size={16} />}
              disabled={result?.status !== 'failing' || !manage}
              onClick={() => {
                if (result) reset.mutate(result.id);
              }}
            >
              Reset to passing
            </Menu.Item>
            <Menu.Item
              c="var(--g-bad)"
              leftSection={<IconTrash size={16} />}
              disabled={!own || !manage}
              closeMenuOnClick={false}
              onClick={() => setAsking(true)}
            >
              Delete…
            </Menu.Item>
          </>
        )}
      </Menu.Dropdown>
    </Menu>
  );
}
