import { PasswordInput, Select, SimpleGrid, Stack, Switch, Text, TextInput } from '@mantine/core';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import type { Role, User, UserInput } from '@/api/admin-types';
import { useApi } from '@/api/context';
import { meKey, meQuery } from '@/api/queries/account';
import { apiKeyKeys, roleKeys, rolesQuery, userCalls, userKeys } from '@/api/queries/admin';
import { treeQuery } from '@/api/queries/tree';
import { useDraft } from '@/components/draft';
import { Form } from '@/components/form';
import { notifyDone } from '@/components/notify';
import { Panel } from '@/components/page';
import { useCan } from '../account-rights';
import { aboutUsername } from './about-username';
import { writable } from '../roles/pick-role';
import { RoleWords } from '../roles/role-words';

const noRole = '';

const empty: UserInput & { password: string } = {
  username: '', password: '', first_name: '', last_name: '', email: '', is_active: true, role: null, block_dashboard_login: false,
}; // prettier-ignore

function pick(user: User): typeof empty {
  const { username, first_name, last_name, email, is_active, role, block_dashboard_login } = user;
  return { username, password: '', first_name, last_name, email, is_active, role, block_dashboard_login };
}

interface UserFormProps {
  /** The account being edited; none for a new one. */
  user?: User;
  /** True for the caller's own account, which cannot be blocked here. */
  own?: boolean;
  onDone: () => void;
}

export function UserForm({ user, own = false, onDone }: UserFormProps) {
  const api = useApi();
  const client = useQueryClient();
  const can = useCan();
  const roles = useQuery({ ...rolesQuery(api), enabled: can('can_list_roles') }).data;
  const manage = can('can_manage_accounts');
  const superuser = useQuery(meQuery(api)).data?.is_superuser === true;
  const { draft, set, changed } = useDraft(user ? pick(user) : empty);
  const complete = draft.username.trim() !== '' && (user !== undefined || draft.password !== '');
  const save = async () => {
    const { password, is_active, block_dashboard_login, ...rest } = draft;
    if (user) {
      await userCalls.edit(api, user.id, { ...rest, is_active, block_dashboard_login });
      return;
    }
    await userCalls.add(api, { ...rest, password }).catch((error: unknown) => Promise.reject(aboutUsername(error)));
    // Making an account takes no switches: they are set on what was made.
    if (!block_dashboard_login) return;
    const found = await userCalls.find(api, rest.username.trim());
    const made = found.find((each) => each.username === rest.username.trim());
    if (made) await userCalls.edit(api, made.id, { block_dashboard_login });
  };
  return (
    <Form
      what="this user"
      action={user ? 'Save user' : 'Add user'}
      changed={changed}
      readOnly={!manage}
      complete={complete}
      save={save}
      onSaved={async () => {
        notifyDone(user ? `${draft.username} was saved` : `${draft.username} was added`);
        onDone();
        // The name of a user shows at keys, the number of users at roles, and one's own role decides what the app offers.
        await Promise.all([userKeys.all, roleKeys.all, apiKeyKeys.all, meKey].map((queryKey) => client.invalidateQueries({ queryKey })));
      }}
      onCancel={onDone}
    >
      {(fields, tried) => (
        <>
          <Panel title="Account">
            <Stack>
              <SimpleGrid cols={{ base: 1, xs: 2 }}>
                <TextInput
                  label="Username"
                  required
                  maxLength={150}
                  autoComplete="off"
                  autoCapitalize="off"
                  spellCheck={false}
                  value={draft.username}
                  error={fields.username ?? (tried && draft.username.trim() === '' ? 'Give a username.' : undefined)}
                  onChange={(event) => set('username', event.currentTarget.value)}
                />
                {user ? null : (
                  <PasswordInput
                    label="First password"
                    description="The second factor is set up at the first sign-in"
                    inputWrapperOrder={['label', 'input', 'description', 'error']}
                    required
                    autoComplete="new-password"
                    value={draft.password}
                    error={fields.password ?? (tried && draft.password === '' ? 'Give a password.' : undefined)}
                    onChange={(event) => set('password', event.currentTarget.value)}
                    visibilityToggleButtonProps={{ 'aria-label': 'Show or hide the password' }}
                  />
                )}
                <TextInput label="First name" maxLength={150} value={draft.first_name} error={fields.first_name} onChange={(event) => set('first_name', event.currentTarget.value)} />
                <TextInput label="Last name" maxLength={150} value={draft.last_name} error={fields.last_name} onChange={(event) => set('last_name', event.currentTarget.value)} />
                <TextInput label="E-mail" type="email" maxLength={254} value={draft.email} error={fields.email} onChange={(event) => set('email', event.currentTarget.value)} />
              </SimpleGrid>
              {user && !own ? (
                <Switch
                  label="Active"
                  description="When off, the account and its API keys are refused everywhere"
                  checked={draft.is_active}
                  onChange={(event) => set('is_active', event.currentTarget.checked)}
                />
              ) : null}
              {own ? null : (
                <Switch
                  label="Block sign-in here"
                  description="For accounts that only programs use: no sign-in with a password, API keys go on working"
                  checked={draft.block_dashboard_login}
                  error={fields.block_dashboard_login}
                  onChange={(event) => set('block_dashboard_login', event.currentTarget.checked)}
                />
              )}
            </Stack>
          </Panel>
          <Panel title="Rights">
            <Stack>
              <Select
                label="Role"
                searchable
                disabled={roles === undefined}
                value={draft.role === null ? noRole : String(draft.role)}
                error={fields.role}
                data={[{ value: noRole, label: 'No role' }, ...(roles ?? unlisted(draft.role)).map((role) => ({ value: String(role.id), label: role.name }))]}
                onChange={(role) => set('role', role ? Number(role) : null)}
              />
              {draft.role === null ? (
                <Text size="sm" c="dimmed">
                  {own && superuser ? 'This account is a superuser by itself: it can do everything, everywhere.' : 'Without a role nothing is shown and nothing can be done, unless the account is a superuser by itself.'}
                </Text>
              ) : null}
              <ChosenRole role={roles?.find((role) => role.id === draft.role)} />
            </Stack>
          </Panel>
        </>
      )}
    </Form>
  );
}

/** Stands for the roles where they may not be listed, so that the present one is not taken for none. */
function unlisted(role: number | null): Pick<Role, 'id' | 'name'>[] {
  return role === null ? [] : [{ id: role, name: `Role no. ${role}` }];
}

function ChosenRole({ role }: { role: Role | undefined }) {
  const tree = useQuery(treeQuery(useApi())).data;
  return role ? <RoleWords role={writable(role)} tree={tree} /> : null;
}
