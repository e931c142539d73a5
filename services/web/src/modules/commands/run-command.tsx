import { Alert, Button, Group, NumberInput, Select, Stack, Switch, Text, Textarea, TextInput } from '@mantine/core';
import { getHotkeyHandler } from '@mantine/hooks';
import { IconEyeOff, IconPlayerPlay } from '@tabler/icons-react';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useEffect, useState, useSyncExternalStore } from 'react';
import { useApi, useServices } from '@/api/context';
import { agentKeys, historyQuery } from '@/api/queries/agents';
import type { AgentRow, Plat } from '@/api/types';
import { Panel } from '@/components/page';
import { TimeAgo } from '@/components/time-ago';
import { commandAddress } from '@/live/agent-socket';
import { CommandStream } from '@/live/command-stream';
import { useCan } from '../account-rights';
import classes from './commands.module.css';
import { StreamLog } from './stream-log';

const shells: Record<Plat, { value: string; label: string }[]> = {
  windows: [
    { value: 'cmd', label: 'Command Prompt' },
    { value: 'powershell', label: 'PowerShell' },
    { value: 'custom', label: 'Other…' },
  ],
  linux: [
    { value: '/bin/bash', label: 'bash' },
    { value: '/bin/sh', label: 'sh' },
    { value: 'custom', label: 'Other…' },
  ],
  darwin: [
    { value: '/bin/bash', label: 'bash' },
    { value: '/bin/zsh', label: 'zsh' },
    { value: 'custom', label: 'Other…' },
  ],
};

const shownPast = 12;

export function RunCommand({ id, row }: { id: string; row: AgentRow }) {
  const { wsBase, sessions } = useServices();
  const client = useQueryClient();
  const [command, setCommand] = useState('');
  const [shell, setShell] = useState(shells[row.plat][0]?.value ?? 'custom');
  const [customShell, setCustomShell] = useState('');
  const [timeout, setTimeout] = useState(30);
  const [asUser, setAsUser] = useState(false);
  const [stream, setStream] = useState<CommandStream | null>(null);
  const running = useRunning(stream);
  const online = row.connected || row.status === 'online';
  const ready = command.trim() !== '' && (shell !== 'custom' || customShell.trim() !== '') && !running && online;

  useEffect(() => () => stream?.leave(), [stream]);
  useEffect(() => {
    if (stream && !running) void client.invalidateQueries({ queryKey: agentKeys.history(id) });
  }, [client, id, running, stream]);

  const run = () => {
    const token = sessions.get()?.token;
    if (!ready || !token) return;
    setStream(
      new CommandStream(commandAddress(wsBase, id, token), {
        cmd: command,
        shell,
        customShell: shell === 'custom' ? customShell.trim() : null,
        timeout,
        runAsUser: asUser,
      }),
    );
  };

  return (
    <div className={classes.layout}>
      <Stack>
        <Panel label="Command">
          <form
            onSubmit={(event) => {
              event.preventDefault();
              run();
            }}
          >
            <Stack gap="sm">
              <Textarea
                label={`Command on ${row.hostname}`}
                placeholder={row.plat === 'windows' ? 'ipconfig /all' : 'df -h; uptime'}
                value={command}
                onChange={(event) => setCommand(event.currentTarget.value)}
                onKeyDown={getHotkeyHandler([['mod+Enter', run]])}
                autosize
                minRows={2}
                maxRows={12}
                spellCheck={false}
                autoCapitalize="off"
                styles={{ input: { fontFamily: 'var(--mantine-font-family-monospace)' } }}
              />
              <Group align="end" gap="sm">
                <Select w={160} label="Shell" value={shell} data={shells[row.plat]} onChange={(value) => setShell(value ?? shell)} />
                {shell === 'custom' ? (
                  <TextInput w={200} label="Path of the shell" value={customShell} onChange={(event) => setCustomShell(event.currentTarget.value)} />
                ) : null}
                <NumberInput w={110} label="Time limit" suffix=" s" min={10} max={3600} value={timeout} onChange={(value) => setTimeout(Number(value) || 30)} />
                {row.plat === 'windows' ? (
                  <Switch mb={8} label="As the signed-in user" checked={asUser} onChange={(event) => setAsUser(event.currentTarget.checked)} />
                ) : null}
                <span style={{ flex: 1 }} />
                {running ? (
                  <Button variant="default" leftSection={<IconEyeOff size={16} />} onClick={() => stream?.leave()}>
                    Stop watching
                  </Button>
                ) : null}
                <Button type="submit" leftSection={<IconPlayerPlay size={16} />} disabled={!ready} loading={running}>
                  Run
                </Button>
              </Group>
              {online ? null : (
                <Text size="sm" c="dimmed" role="status">
                  {row.hostname} is not connected. Commands can be sent when it is back.
                </Text>
              )}
            </Stack>
          </form>
        </Panel>
        {stream ? <StreamResult stream={stream} /> : null}
      </Stack>
      <PastCommands id={id} onUse={setCommand} />
    </div>
  );
}

function StreamResult({ stream }: { stream: CommandStream }) {
  const state = useSyncExternalStore(stream.subscribe, stream.state);
  return (
    <Stack gap="xs">
      <StreamLog state={state} />
      {state.error ? (
        <Alert color="red" role="alert">
          {state.error}
        </Alert>
      ) : null}
      {state.phase === 'left' ? (
        <Text size="sm" c="dimmed">
          The command goes on until it ends or its time is up; its whole output will be in the history.
        </Text>
      ) : null}
    </Stack>
  );
}

const never = () => () => undefined;
const no = () => false;

function useRunning(stream: CommandStream | null): boolean {
  return useSyncExternalStore(stream?.subscribe ?? never, stream ? () => stream.state().endedAt === null : no);
}

function PastCommands({ id, onUse }: { id: string; onUse: (command: string) => void }) {
  const can = useCan()('can_list_agent_history');
  const history = useQuery({ ...historyQuery(useApi(), id), enabled: can });
  if (!can) return null;
  const seen = new Set<string>();
  const past = (history.data ?? [])
    .filter((entry) => {
      if (entry.type !== 'cmd_run' || !entry.command || seen.has(entry.command)) return false;
      seen.add(entry.command);
      return true;
    })
    .slice(0, shownPast);
  return (
    <Panel title="Recent commands" flush>
      {past.length === 0 ? (
        <Text size="sm" c="dimmed" p="md">
          What is run here is listed for reuse.
        </Text>
      ) : (
        <ul className={classes.past}>
          {past.map((entry) => (
            <li key={entry.id}>
              <button type="button" onClick={() => onUse(entry.command ?? '')} title="Use this command again">
                <div className="mono truncate">{entry.command}</div>
                <small>
                  {entry.username}, <TimeAgo at={entry.time} />
                </small>
              </button>
            </li>
          ))}
        </ul>
      )}
    </Panel>
  );
}
