import { SegmentedControl, Select, SimpleGrid, Stack, Text, Textarea, TextInput } from '@mantine/core';
import { useQueryClient } from '@tanstack/react-query';
import { restMethods, type UrlActionInput } from '@/api/admin-types';
import { useApi } from '@/api/context';
import { urlActionCalls, urlActionsKey } from '@/api/queries/core';
import { useDraft } from '@/components/draft';
import { Form } from '@/components/form';
import { NameField } from '@/components/name-field';
import { notifyDone } from '@/components/notify';
import { Panel } from '@/components/page';
import { useCan } from '../account-rights';
import { jsonProblem } from './json';
import { TestRun } from './test-run';

const code = { input: { fontFamily: 'var(--mantine-font-family-monospace)', fontSize: '0.8125rem' } };

export function emptyAction(kind: 'web' | 'rest'): UrlActionInput {
  return { name: '', desc: '', pattern: '', action_type: kind, rest_method: 'post', rest_body: '{\n  \n}', rest_headers: '{\n  "Content-Type": "application/json"\n}' };
}

interface ActionFormProps {
  initial: UrlActionInput;
  actionId?: number;
  onDone: () => void;
}

/** Edits a URL action; a web hook can be tried as it is typed, before it is saved. */
export function ActionForm({ initial, actionId, onDone }: ActionFormProps) {
  const api = useApi();
  const client = useQueryClient();
  const edit = useCan()('can_edit_core_settings');
  const { draft, set, changed } = useDraft(initial);
  const hook = draft.action_type === 'rest';
  const hasBody = hook && draft.rest_method !== 'get' && draft.rest_method !== 'delete';
  const headersProblem = hook ? jsonProblem(draft.rest_headers ?? '') : null;
  const bodyProblem = hasBody ? jsonProblem(draft.rest_body ?? '') : null;
  return (
    <Stack gap="lg">
      <Form
        what="this action"
        action={actionId === undefined ? 'Add action' : 'Save action'}
        changed={changed}
        readOnly={!edit}
        complete={draft.name.trim() !== '' && draft.pattern.trim() !== '' && headersProblem === null}
        save={() => (actionId === undefined ? urlActionCalls.add(api, draft) : urlActionCalls.edit(api, actionId, draft))}
        onSaved={async () => {
          notifyDone(`${draft.name} was saved`);
          onDone();
          await client.invalidateQueries({ queryKey: urlActionsKey });
        }}
        onCancel={onDone}
      >
        {(fields, tried) => (
          <>
            <Panel label="Action">
              <Stack>
                <SegmentedControl
                  aria-label="Kind of action"
                  style={{ alignSelf: 'start' }}
                  disabled={!edit}
                  data={[
                    { value: 'web', label: 'Link to open' },
                    { value: 'rest', label: 'Web hook' },
                  ]}
                  value={draft.action_type}
                  onChange={(kind) => set('action_type', kind)}
                />
                <SimpleGrid cols={{ base: 1, xs: 2 }}>
                  <NameField value={draft.name} wrong={fields.name} tried={tried} onChange={(name) => set('name', name)} />
                  <TextInput label="Description" value={draft.desc ?? ''} error={fields.desc} onChange={(event) => set('desc', event.currentTarget.value)} />
                </SimpleGrid>
                <TextInput
                  label="Address"
                  required
                  placeholder="https://wiki.example.com/{{client.name}}/{{agent.hostname}}"
                  styles={code}
                  spellCheck={false}
                  value={draft.pattern}
                  error={fields.pattern ?? (tried && draft.pattern.trim() === '' ? 'Give the address.' : undefined)}
                  onChange={(event) => set('pattern', event.currentTarget.value)}
                />
                <Text size="sm" c="dimmed">
                  Placeholders such as <span className="mono">{'{{agent.hostname}}'}</span>, <span className="mono">{'{{client.name}}'}</span>, <span className="mono">{'{{site.name}}'}</span>,{' '}
                  <span className="mono">{'{{global.name}}'}</span> and custom fields are filled in when it runs.
                </Text>
              </Stack>
            </Panel>
            {hook ? (
              <Panel title="Request">
                <Stack>
                  <Select label="Method" maw={180} data={restMethods.map((method) => ({ value: method, label: method.toUpperCase() }))} value={draft.rest_method} onChange={(method) => set('rest_method', method ?? 'post')} />
                  <Textarea
                    label="Headers"
                    description="A JSON object"
                    autosize
                    minRows={3}
                    maxRows={12}
                    styles={code}
                    spellCheck={false}
                    value={draft.rest_headers ?? ''}
                    error={fields.rest_headers ?? headersProblem ?? undefined}
                    onChange={(event) => set('rest_headers', event.currentTarget.value)}
                  />
                  {hasBody ? (
                    <Textarea
                      label="Body"
                      description={bodyProblem ? 'This is no JSON: it is sent as text.' : 'JSON'}
                      autosize
                      minRows={5}
                      maxRows={24}
                      styles={code}
                      spellCheck={false}
                      value={draft.rest_body ?? ''}
                      error={fields.rest_body}
                      onChange={(event) => set('rest_body', event.currentTarget.value)}
                    />
                  ) : null}
                </Stack>
              </Panel>
            ) : null}
          </>
        )}
      </Form>
      <TestRun draft={draft} savedId={actionId} unsaved={changed} />
    </Stack>
  );
}
