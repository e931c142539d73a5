import { Chip, Group, NumberInput, Select, SimpleGrid, Stack, TagsInput, Text, Textarea, TextInput } from '@mantine/core';
import { useQueryClient } from '@tanstack/react-query';
import { useApi } from '@/api/context';
import { scriptCalls, scriptKeys, type ScriptInput } from '@/api/queries/scripts';
import type { Plat, ScriptShell } from '@/api/types';
import { useDraft } from '@/components/draft';
import { Form } from '@/components/form';
import { NameField } from '@/components/name-field';
import { notifyDone } from '@/components/notify';
import { Panel } from '@/components/page';
import { useCan } from '../account-rights';
import { platNames } from '../agents/status';
import { plats } from '@/api/filters';

const shells: { value: ScriptShell; label: string }[] = [
  { value: 'shell', label: 'Shell' },
  { value: 'python', label: 'Python' },
  { value: 'powershell', label: 'PowerShell' },
  { value: 'cmd', label: 'Batch' },
  { value: 'nushell', label: 'Nushell' },
  { value: 'deno', label: 'Deno' },
];

export const newScript: ScriptInput = {
  name: '',
  description: '',
  shell: 'shell',
  category: null,
  args: [],
  env_vars: [],
  default_timeout: 90,
  supported_platforms: [],
  run_as_user: false,
  script_body: '#!/bin/bash\n\n',
};

interface ScriptFormProps {
  initial: ScriptInput;
  /** The script being edited; none for a new one. */
  scriptId?: number;
  categories: string[];
  onDone: () => void;
}

export function ScriptForm({ initial, scriptId, categories, onDone }: ScriptFormProps) {
  const api = useApi();
  const client = useQueryClient();
  const manage = useCan()('can_manage_scripts');
  const { draft, set, changed } = useDraft(initial);
  const needsShebang = (draft.shell === 'shell' || draft.shell === 'python') && !draft.script_body.startsWith('#!');
  return (
    <Form
      what="this script"
      action={scriptId === undefined ? 'Add script' : 'Save script'}
      changed={changed}
      readOnly={!manage}
      complete={draft.name.trim() !== ''}
      save={() => (scriptId === undefined ? scriptCalls.add(api, draft) : scriptCalls.edit(api, scriptId, draft))}
      onSaved={async (said) => {
        notifyDone(said);
        await client.invalidateQueries({ queryKey: scriptKeys.all });
        onDone();
      }}
      onCancel={onDone}
    >
      {(fields, tried) => (
        <>
          <Panel>
            <Stack>
              <SimpleGrid cols={{ base: 1, xs: 2 }}>
                <NameField value={draft.name} wrong={fields.name} tried={tried} onChange={(name) => set('name', name)} />
                <TagsInput
                  label="Category"
                  maxTags={1}
                  acceptValueOnBlur
                  data={categories}
                  value={draft.category ? [draft.category] : []}
                  onChange={([category]) => set('category', category ?? null)}
                />
              </SimpleGrid>
              <TextInput label="Description" value={draft.description ?? ''} onChange={(event) => set('description', event.currentTarget.value)} />
              <SimpleGrid cols={{ base: 1, xs: 2 }}>
                <Select label="Written for" data={shells} value={draft.shell} onChange={(shell) => set('shell', (shell ?? 'shell'))} />
                <NumberInput label="Time limit" suffix=" s" min={5} max={86_400} value={draft.default_timeout} onChange={(value) => set('default_timeout', Number(value) || 90)} />
                <TagsInput label="Default arguments" acceptValueOnBlur allowDuplicates splitChars={[]} value={draft.args?.map(String) ?? []} onChange={(args) => set('args', args)} />
                <TagsInput label="Default environment" placeholder="NAME=value" acceptValueOnBlur splitChars={[]} value={draft.env_vars ?? []} onChange={(env) => set('env_vars', env)} />
              </SimpleGrid>
              <div>
                <Text className="label" mb={6} id="platforms">
                  Runs on <span className="muted">(none chosen: everywhere)</span>
                </Text>
                <Chip.Group multiple value={draft.supported_platforms ?? []} onChange={(value) => set('supported_platforms', value)}>
                  <Group gap="xs" role="group" aria-labelledby="platforms">
                    {plats.map((plat: Plat) => (
                      <Chip key={plat} value={plat} size="sm">
                        {platNames[plat]}
                      </Chip>
                    ))}
                  </Group>
                </Chip.Group>
              </div>
            </Stack>
          </Panel>
          <Panel title="Script">
            <Textarea
              aria-label="Script text"
              value={draft.script_body}
              onChange={(event) => set('script_body', event.currentTarget.value)}
              autosize
              minRows={14}
              maxRows={32}
              spellCheck={false}
              autoCapitalize="off"
              wrap="off"
              styles={{ input: { fontFamily: 'var(--mantine-font-family-monospace)', fontSize: '0.8125rem', tabSize: 4 } }}
            />
            {needsShebang ? (
              <Text size="sm" c="dimmed" mt="xs">
                There is no first line such as <span className="mono">#!/bin/bash</span>. Linux and macOS decide by it what runs the script.
              </Text>
            ) : null}
          </Panel>
        </>
      )}
    </Form>
  );
}
