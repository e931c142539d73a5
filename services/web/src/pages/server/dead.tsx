import { Button, Group } from '@mantine/core';
import { IconMailbox, IconRefresh } from '@tabler/icons-react';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import type { DeadTask } from '@/api/admin-types';
import { useApi } from '@/api/context';
import { deadQuery, serverCalls, serverKeys } from '@/api/queries/server';
import { DataTable, Sub } from '@/components/data-table';
import { count } from '@/components/format';
import { Loaded } from '@/components/loaded';
import { notifyDone, notifyFailed } from '@/components/notify';
import { Page, Panel } from '@/components/page';
import { RemoveButton } from '@/components/remove-button';
import { EmptyState } from '@/components/states';
import { When } from '@/components/when';

export function DeadPage() {
  const api = useApi();
  const client = useQueryClient();
  const dead = useQuery(deadQuery(api));
  const reread = async () => {
    await Promise.all([serverKeys.dead, serverKeys.queues].map((queryKey) => client.invalidateQueries({ queryKey })));
  };
  const retry = async (task: DeadTask) => {
    try {
      await serverCalls.retry(api, task.id);
      notifyDone(`${task.kind} is tried again`);
    } catch (error) {
      notifyFailed('The task was not put back', error);
    }
    await reread();
  };
  return (
    <Page wide title="Dead letters" lead="Tasks that failed as often as they may. They wait here until somebody decides.">
      <Panel flush label="Dead letters">
        <Loaded query={dead} what="Dead letters">
          {(list) =>
            list.length === 0 ? (
              <EmptyState icon={<IconMailbox size={22} />} title="No dead letters">
                Every task was done, or is still being tried.
              </EmptyState>
            ) : (
              <DataTable
                label="Dead letters"
                rows={list}
                rowKey={(task) => task.id}
                columns={[
                  {
                    head: 'Task',
                    kind: 'lead',
                    cell: (task) => (
                      <>
                        <span className="mono">{task.kind}</span>
                        <Sub>{task.error}</Sub>
                      </>
                    ),
                  },
                  { head: 'Queue', cell: (task) => task.queue },
                  { head: 'Tries', kind: 'number', cell: (task) => count(task.attempts) },
                  { head: 'Failed', cell: (task) => <When at={task.failed_at} /> },
                  {
                    head: 'Actions',
                    kind: 'tools',
                    cell: (task) => (
                      <Group gap={4} wrap="nowrap" justify="flex-end">
                        <Button size="compact-sm" variant="default" leftSection={<IconRefresh size={14} />} aria-label={`Try ${task.kind} again`} onClick={() => void retry(task)}>
                          Try again
                        </Button>
                        <RemoveButton
                          name={task.kind}
                          action="Delete task"
                          question="It is never done then, and what it carried is lost."
                          done={`${task.kind} was deleted`}
                          remove={() => serverCalls.forget(api, task.id)}
                          onRemoved={reread}
                        />
                      </Group>
                    ),
                  },
                ]}
              />
            )
          }
        </Loaded>
      </Panel>
    </Page>
  );
}
