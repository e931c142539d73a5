import { Select, SimpleGrid, Switch } from '@mantine/core';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import type { ApiKey, ApiKeyInput } from '@/api/admin-types';
import { useApi } from '@/api/context';
import { apiKeyCalls, apiKeyKeys, usersQuery } from '@/api/queries/admin';
import { DateTimeField } from '@/components/date-time-field';
import { useDraft } from '@/components/draft';
import { Form } from '@/components/form';
import { NameField } from '@/components/name-field';
import { notifyDone } from '@/components/notify';
import { Panel } from '@/components/page';
import { useCan } from '../account-rights';

const threeMonths = 90 * 24 * 3600_000;

export function inThreeMonths(now: number): string {
  return new Date(now + threeMonths).toISOString();
}

interface KeyFormProps {
  initial: Omit<ApiKeyInput, 'user'> & { user: number | null };
  keyId?: number;
  /** Whose key it is, for those who may not see the list of users. */
  owner?: { id: number; username: string };
  /** Gets a key that was made. */
  onMade: (key: ApiKey) => void;
  onDone: () => void;
}

export function KeyForm({ initial, keyId, owner, onMade, onDone }: KeyFormProps) {
  const api = useApi();
  const client = useQueryClient();
  const can = useCan();
  const users = useQuery({ ...usersQuery(api), enabled: can('can_list_accounts') }).data ?? (owner ? [owner] : []);
  const manage = can('can_manage_api_keys');
  const { draft, set, changed } = useDraft(initial);
  const input = (): ApiKeyInput => ({ name: draft.name.trim(), user: draft.user ?? 0, expiration: draft.expiration });
  return (
    <Form<ApiKey | string>
      what="this key"
      action={keyId === undefined ? 'Make key' : 'Save key'}
      changed={changed}
      readOnly={!manage}
      complete={draft.name.trim() !== '' && draft.user !== null}
      save={() => (keyId === undefined ? apiKeyCalls.add(api, input()) : apiKeyCalls.edit(api, keyId, input()))}
      onSaved={async (reply) => {
        if (typeof reply === 'string') {
          notifyDone(reply);
          onDone();
        } else {
          onMade(reply);
        }
        await client.invalidateQueries({ queryKey: apiKeyKeys.all });
      }}
      onCancel={onDone}
    >
      {(fields, tried) => (
        <Panel label="Key">
          <SimpleGrid cols={{ base: 1, xs: 2 }}>
            <NameField description="What uses it" maxLength={25} value={draft.name} wrong={fields.name} tried={tried} onChange={(name) => set('name', name)} />
            <Select
              label="Acts as"
              description="It may do what this user's role allows"
              required
              searchable
              data={users.map((user) => ({ value: String(user.id), label: user.username }))}
              nothingFoundMessage="No such user, or you may not see users"
              value={draft.user === null ? null : String(draft.user)}
              error={fields.user ?? (tried && draft.user === null ? 'Choose a user.' : undefined)}
              onChange={(user) => set('user', user ? Number(user) : null)}
            />
            <Switch
              label="Expires"
              description="Keys that end by themselves cannot be forgotten"
              checked={draft.expiration !== null}
              onChange={(event) => set('expiration', event.currentTarget.checked ? inThreeMonths(Date.now()) : null)}
            />
            {draft.expiration === null ? null : (
              <DateTimeField label="Expires on" value={draft.expiration} error={fields.expiration} onChange={(value) => set('expiration', value)} />
            )}
          </SimpleGrid>
        </Panel>
      )}
    </Form>
  );
}
