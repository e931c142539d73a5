import { PasswordInput, Stack, Text } from '@mantine/core';
import { useQueryClient } from '@tanstack/react-query';
import type { KeyStoreEntry } from '@/api/admin-types';
import { useApi } from '@/api/context';
import { keyStoreCalls, keyStoreKey } from '@/api/queries/core';
import { useDraft } from '@/components/draft';
import { Form } from '@/components/form';
import { NameField } from '@/components/name-field';
import { notifyDone } from '@/components/notify';
import { Panel } from '@/components/page';
import { useCan } from '../account-rights';

interface EntryFormProps {
  initial: Pick<KeyStoreEntry, 'name' | 'value'>;
  entryId?: number;
  /** Names that exist: the oldest entry of a name is the one that counts. */
  taken: string[];
  onDone: () => void;
}

export function EntryForm({ initial, entryId, taken, onDone }: EntryFormProps) {
  const api = useApi();
  const client = useQueryClient();
  const edit = useCan()('can_edit_global_keystore');
  const { draft, set, changed } = useDraft(initial);
  const name = draft.name.trim();
  const twice = name !== initial.name && taken.includes(name);
  return (
    <Form
      what="this entry"
      action={entryId === undefined ? 'Add entry' : 'Save entry'}
      changed={changed}
      readOnly={!edit}
      complete={name !== '' && draft.value !== '' && !twice}
      save={() => (entryId === undefined ? keyStoreCalls.add(api, { ...draft, name }) : keyStoreCalls.edit(api, entryId, { ...draft, name }))}
      onSaved={async () => {
        notifyDone(`${name} was saved`);
        onDone();
        await client.invalidateQueries({ queryKey: keyStoreKey });
      }}
      onCancel={onDone}
    >
      {(fields, tried) => (
        <Panel label="Entry">
          <Stack>
            <NameField
              autoComplete="off"
              spellCheck={false}
              maxLength={25}
              value={draft.name}
              wrong={fields.name ?? (twice ? 'There is an entry of this name.' : undefined)}
              tried={tried}
              onChange={(name) => set('name', name)}
            />
            <PasswordInput
              label="Value"
              required
              autoComplete="new-password"
              value={draft.value}
              error={fields.value ?? (tried && draft.value === '' ? 'Give it a value.' : undefined)}
              onChange={(event) => set('value', event.currentTarget.value)}
              visibilityToggleButtonProps={{ 'aria-label': 'Show or hide the value' }}
            />
            <Text size="sm" c="dimmed">
              Scripts, tasks and URL actions use it as <span className="mono">{`{{global.${name || 'name'}}}`}</span>.
            </Text>
          </Stack>
        </Panel>
      )}
    </Form>
  );
}
