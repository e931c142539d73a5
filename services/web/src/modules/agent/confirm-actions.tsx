import { Text } from '@mantine/core';
import { useQueryClient } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { useApi } from '@/api/context';
import { agentCalls, agentKeys } from '@/api/queries/agents';
import type { AgentRow } from '@/api/types';
import { ConfirmTyped } from '@/components/confirm-typed';
import { notifyDone } from '@/components/notify';
import { removeRow } from '@/live/patches';

interface ConfirmActionsProps {
  row: AgentRow;
  /** Which question the address asks. */
  confirm: 'reboot' | 'delete' | undefined;
}

/** Reboot and removal: the host name has to be typed. */
export function ConfirmActions({ row, confirm }: ConfirmActionsProps) {
  const api = useApi();
  const client = useQueryClient();
  const navigate = useNavigate();
  const close = () =>
    navigate({ to: '.', search: (present: Record<string, unknown>) => ({ ...present, confirm: undefined }), replace: true });

  const reboot = async () => {
    await agentCalls.reboot(api, row.agent_id);
    notifyDone(`${row.hostname} is restarting`);
    await close();
  };
  const remove = async () => {
    const said = await agentCalls.remove(api, row.agent_id);
    notifyDone(said);
    removeRow(client, row.agent_id);
    await navigate({ to: '/agents' });
    client.removeQueries({ queryKey: agentKeys.row(row.agent_id) });
    client.removeQueries({ queryKey: agentKeys.detail(row.agent_id) });
  };

  return (
    <>
      <ConfirmTyped
        opened={confirm === 'reboot'}
        title={`Reboot ${row.hostname}?`}
        word={row.hostname}
        action="Reboot now"
        onConfirm={reboot}
        onClose={() => void close()}
      >
        <Text size="sm">
          The machine restarts at once. {row.logged_in_username ? `${row.logged_in_username} is signed in there and may lose unsaved work.` : ''}
        </Text>
      </ConfirmTyped>
      <ConfirmTyped
        opened={confirm === 'delete'}
        title={`Remove ${row.hostname}?`}
        word={row.hostname}
        action="Remove agent"
        onConfirm={remove}
        onClose={() => void close()}
      >
        <Text size="sm">
          Its checks, notes and history are deleted, and the agent uninstalls itself.
          {row.connected ? '' : ' The machine is not connected now: the agent has to be uninstalled there by hand.'}
        </Text>
      </ConfirmTyped>
    </>
  );
}
