import { Alert, Button, Group, NumberInput, Radio, Select, SimpleGrid, Stack, Switch, TagsInput, Text } from '@mantine/core';
import { IconFileCode, IconPlayerPlay } from '@tabler/icons-react';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useState } from 'react';
import { useApi } from '@/api/context';
import { messageOf } from '@/api/errors';
import { agentCalls, agentKeys } from '@/api/queries/agents';
import { runsOn, scriptsQuery } from '@/api/queries/scripts';
import { fieldsQuery } from '@/api/queries/core';
import type { AgentRow, RunScriptRequest, ScriptRow } from '@/api/types';
import { notifyDone } from '@/components/notify';
import { Output } from '@/components/output';
import { Panel } from '@/components/page';
import { EmptyState, ErrorState, RowsSkeleton } from '@/components/states';

type Mode = RunScriptRequest['output'];

const modes: { value: Mode; label: string; description: string }[] = [
  { value: 'wait', label: 'Wait and show the output here', description: 'Good for anything that ends soon.' },
  { value: 'forget', label: 'Run in the background', description: 'The output appears in the history.' },
  { value: 'note', label: 'Save the output as a note', description: 'The note is added to this agent.' },
  { value: 'collector', label: 'Save the output in a custom field', description: 'The last line, or everything.' },
  { value: 'email', label: 'Send the output by e-mail', description: 'To the addresses of the server settings or to others.' },
];

interface RunScriptProps {
  id: string;
  row: AgentRow;
  /** The chosen script, kept in the address. */
  chosen: number | undefined;
  onChoose: (script: number) => void;
}

export function RunScript({ id, row, chosen, onChoose }: RunScriptProps) {
  const scripts = useQuery(scriptsQuery(useApi()));
  if (scripts.isPending) return <RowsSkeleton label="Loading scripts" />;
  if (scripts.isError) return <ErrorState title="Scripts could not be loaded" error={scripts.error} onRetry={() => void scripts.refetch()} />;
  const usable = scripts.data.filter((script) => runsOn(script, row.plat) && !script.hidden);
  if (usable.length === 0) {
    return (
      <EmptyState
        icon={<IconFileCode size={22} />}
        title="No script for this machine"
        actions={
          <Button component={Link} to="/scripts/new">
            Write a script
          </Button>
        }
      >
        Scripts are kept in the library and can be run on any machine whose system they support.
      </EmptyState>
    );
  }
  const script = usable.find((each) => each.id === chosen);
  return (
    <Stack maw={860}>
      <Panel label="Script">
        <Select
          label={`Script to run on ${row.hostname}`}
          description="Nothing runs yet: arguments and what happens with the output come next."
          placeholder="Choose a script"
          searchable
          data={groups(usable)}
          value={script ? String(script.id) : null}
          onChange={(value) => {
            if (value) onChoose(Number(value));
          }}
        />
      </Panel>
      {script ? <RunForm key={script.id} id={id} row={row} script={script} /> : null}
    </Stack>
  );
}

function groups(scripts: ScriptRow[]) {
  const byCategory = new Map<string, { value: string; label: string }[]>();
  for (const script of scripts) {
    const category = script.category ?? 'Without a category';
    byCategory.set(category, [...(byCategory.get(category) ?? []), { value: String(script.id), label: script.name }]);
  }
  return [...byCategory].sort(([a], [b]) => a.localeCompare(b)).map(([group, items]) => ({ group, items }));
}

function RunForm({ id, row, script }: { id: string; row: AgentRow; script: ScriptRow }) {
  const api = useApi();
  const client = useQueryClient();
  const [args, setArgs] = useState(script.args ?? []);
  const [env, setEnv] = useState(script.env_vars ?? []);
  const [timeout, setTimeout] = useState(script.default_timeout || 90);
  const [mode, setMode] = useState<Mode>('wait');
  const [emails, setEmails] = useState<string[]>([]);
  const [field, setField] = useState<number | null>(null);
  const [saveAll, setSaveAll] = useState(false);
  const badEnv = env.some((item) => !/^[^=\s]+=/.test(item));
  const online = row.connected || row.status === 'online';

  const run = useMutation({
    mutationFn: () =>
      agentCalls.runScript(api, id, {
        script: script.id,
        output: mode,
        args,
        env_vars: env,
        timeout,
        run_as_user: script.run_as_user,
        emailMode: emails.length > 0 ? 'custom' : 'default',
        emails,
        custom_field: field,
        save_all_output: saveAll,
      }),
    onSuccess: async (said) => {
      if (mode === 'forget' || mode === 'email') notifyDone(said);
      if (mode === 'note') notifyDone('The output was saved as a note');
      if (mode === 'collector') notifyDone('The output was saved in the custom field');
      await Promise.all([
        client.invalidateQueries({ queryKey: agentKeys.history(id) }),
        client.invalidateQueries({ queryKey: agentKeys.notes(id) }),
      ]);
    },
  });
  const shows = run.data !== undefined && (mode === 'wait' || mode === 'note' || mode === 'collector');

  return (
    <>
      <Panel title={script.name}>
        <form
          onSubmit={(event) => {
            event.preventDefault();
            run.mutate();
          }}
        >
          <Stack>
            {script.description ? <Text c="dimmed">{script.description}</Text> : null}
            <SimpleGrid cols={{ base: 1, xs: 2 }}>
              <TagsInput
                label="Arguments"
                description={script.syntax ?? 'One per entry, in order'}
                acceptValueOnBlur
                allowDuplicates
                splitChars={[]}
                value={args}
                onChange={setArgs}
              />
              <TagsInput
                label="Environment"
                description="NAME=value"
                acceptValueOnBlur
                splitChars={[]}
                value={env}
                error={badEnv ? 'Each variable looks like NAME=value.' : undefined}
                onChange={setEnv}
              />
            </SimpleGrid>
            <NumberInput w={160} label="Time limit" suffix=" s" min={5} max={86_400} value={timeout} onChange={(value) => setTimeout(Number(value) || 90)} />
            <Radio.Group label="What happens with the output" value={mode} onChange={(value) => setMode(value)}>
              <Stack gap={8} mt={8}>
                {modes.map((each) => (
                  <Radio key={each.value} value={each.value} label={each.label} description={each.description} />
                ))}
              </Stack>
            </Radio.Group>
            {mode === 'email' ? (
              <TagsInput label="Recipients" description="Empty: the addresses of the server settings" acceptValueOnBlur value={emails} onChange={setEmails} />
            ) : null}
            {mode === 'collector' ? <FieldChoice value={field} onChange={setField} saveAll={saveAll} onSaveAll={setSaveAll} /> : null}
            <Group>
              <Button
                type="submit"
                leftSection={<IconPlayerPlay size={16} />}
                loading={run.isPending}
                disabled={!online || badEnv || (mode === 'collector' && field === null)}
              >
                Run script
              </Button>
              {online ? null : (
                <Text size="sm" c="dimmed">
                  {row.hostname} is not connected.
                </Text>
              )}
              {run.isPending && mode === 'wait' ? (
                <Text size="sm" c="dimmed" role="status">
                  Running on {row.hostname}…
                </Text>
              ) : null}
            </Group>
          </Stack>
        </form>
      </Panel>
      {run.isError ? (
        <Alert color="red" role="alert" title="The script was not run">
          {messageOf(run.error)}
        </Alert>
      ) : null}
      {shows ? <Output label="Script output" text={run.data} maxHeight={520} /> : null}
    </>
  );
}

interface FieldChoiceProps {
  value: number | null;
  onChange: (field: number | null) => void;
  saveAll: boolean;
  onSaveAll: (all: boolean) => void;
}

function FieldChoice({ value, onChange, saveAll, onSaveAll }: FieldChoiceProps) {
  const fields = useQuery(fieldsQuery(useApi()));
  return (
    <Group align="end">
      <Select
        w={280}
        label="Custom field"
        placeholder={fields.isPending ? 'Loading…' : 'Choose a field'}
        nothingFoundMessage="There are no custom fields"
        error={fields.isError ? messageOf(fields.error) : undefined}
        data={(fields.data ?? []).map((field) => ({ value: String(field.id), label: `${field.name} (${field.model})` }))}
        value={value === null ? null : String(value)}
        onChange={(next) => onChange(next === null ? null : Number(next))}
      />
      <Switch mb={8} label="Save everything, not only the last line" checked={saveAll} onChange={(event) => onSaveAll(event.currentTarget.checked)} />
    </Group>
  );
}
