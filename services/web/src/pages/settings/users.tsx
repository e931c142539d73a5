import { Button, Stack } from '@mantine/core';
import { IconPlus, IconUsers } from '@tabler/icons-react';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { getRouteApi, Link, useNavigate } from '@tanstack/react-router';
import { useApi, useSession } from '@/api/context';
import { meQuery } from '@/api/queries/account';
import { apiKeyKeys, roleKeys, rolesQuery, userCalls, userKeys, userQuery, usersQuery } from '@/api/queries/admin';
import { DataTable, Sub } from '@/components/data-table';
import { FilterInput } from '@/components/filter-input';
import { Loaded } from '@/components/loaded';
import { Page, Panel } from '@/components/page';
import { RemoveButton } from '@/components/remove-button';
import { EmptyState } from '@/components/states';
import { When } from '@/components/when';
import { useCan } from '@/modules/account-rights';
import { Needs } from '@/modules/needs';
import { UserForm } from '@/modules/users/user-form';
import { UserSecurity } from '@/modules/users/user-security';
import { UserSessions } from '@/modules/users/user-sessions';
import { fullName, UserState } from '@/modules/users/user-state';

const listRoute = getRouteApi('/shell/settings/users');
const oneRoute = getRouteApi('/shell/settings/users/$userId');

const trail = <Link to="/settings/users">Users</Link>;

export function UsersPage() {
  const api = useApi();
  const users = useQuery(usersQuery(api));
  const can = useCan();
  const roles = useQuery({ ...rolesQuery(api), enabled: can('can_list_roles') }).data;
  const me = useSession()?.username;
  const superuser = useQuery(meQuery(api)).data?.is_superuser === true;
  const { q = '' } = listRoute.useSearch();
  const navigate = listRoute.useNavigate();
  const add = can('can_manage_accounts') ? (
    <Button component={Link} to="/settings/users/new" leftSection={<IconPlus size={16} />}>
      New user
    </Button>
  ) : null;
  return (
    <Page title="Users" lead="Who can sign in, and with which role." actions={add}>
      <Panel
        flush
        label="Users"
        title={<FilterInput label="Filter users" placeholder="Filter by name, e-mail or role" value={q} onChange={(value) => void navigate({ search: { q: value || undefined }, replace: true })} />}
      >
        <Loaded query={users} what="Users">
          {(list) => {
            const roleOf = (id: number | null) => (id === null ? null : (roles?.find((role) => role.id === id)?.name ?? `Role no. ${id}`));
            const wanted = q.toLowerCase();
            const shown = list.filter((user) => `${user.username} ${fullName(user)} ${user.email} ${roleOf(user.role) ?? ''}`.toLowerCase().includes(wanted));
            if (shown.length === 0) {
              return (
                <EmptyState icon={<IconUsers size={22} />} title="No user matches">
                  Try another word.
                </EmptyState>
              );
            }
            return (
              <DataTable
                label="Users"
                rows={shown}
                rowKey={(user) => user.id}
                columns={[
                  {
                    head: 'Username',
                    kind: 'lead',
                    cell: (user) => (
                      <>
                        <Link to="/settings/users/$userId" params={{ userId: String(user.id) }}>
                          {user.username}
                        </Link>
                        {user.username === me ? <span className="muted"> (you)</span> : null}
                        <Sub>{[fullName(user), user.email].filter(Boolean).join(' · ')}</Sub>
                      </>
                    ),
                  },
                  { head: 'State', kind: 'tight', cell: (user) => <UserState user={user} /> },
                  { head: 'Role', cell: (user) => (roleOf(user.role) ? <span style={{ overflowWrap: 'break-word' }}>{roleOf(user.role)}</span> : null) ?? (superuser && user.username === me ? 'Superuser' : <span className="muted">None</span>) },
                  { head: 'Last sign-in', cell: (user) => <When at={user.last_login} none="never" brief /> },
                  { head: 'From', kind: 'tight', cell: (user) => (user.last_login_ip ? <span className="mono">{user.last_login_ip}</span> : null) },
                ]}
              />
            );
          }}
        </Loaded>
      </Panel>
    </Page>
  );
}

export function NewUserPage() {
  const navigate = useNavigate();
  return (
    <Page title="New user" trail={trail} narrow>
      <Needs right="can_manage_accounts">
        <UserForm onDone={() => void navigate({ to: '/settings/users' })} />
      </Needs>
    </Page>
  );
}

export function UserPage() {
  const { userId } = oneRoute.useParams();
  const id = Number(userId);
  const api = useApi();
  const client = useQueryClient();
  const navigate = useNavigate();
  const me = useSession()?.username;
  const user = useQuery({ ...userQuery(api, id), refetchOnWindowFocus: false });
  const manage = useCan()('can_manage_accounts');
  const own = user.data?.username === me;
  const done = () => void navigate({ to: '/settings/users' });
  return (
    <Page
      title={user.data?.username ?? 'User'}
      trail={trail}
      narrow
      lead={user.data ? <UserState user={user.data} /> : undefined}
      actions={
        user.data && manage && !own ? (
          <RemoveButton
            wide
            name={user.data.username}
            action="Delete user"
            question={`Delete ${user.data.username} with all sessions and API keys? Blocking keeps them.`}
            done={`${user.data.username} was deleted`}
            remove={() => userCalls.remove(api, id)}
            onRemoved={async () => {
              void navigate({ to: '/settings/users', ignoreBlocker: true });
              await Promise.all([
                client.invalidateQueries({ queryKey: userKeys.all, exact: true }),
                client.invalidateQueries({ queryKey: roleKeys.all }),
                client.invalidateQueries({ queryKey: apiKeyKeys.all }),
              ]);
            }}
          />
        ) : undefined
      }
    >
      <Loaded query={user} fresh what="The user">
        {(loaded) => (
          <Stack gap="lg">
            <UserForm key={id} user={loaded} own={own} onDone={done} />
            {manage ? <UserSecurity user={loaded} /> : null}
            <UserSessions user={loaded} />
          </Stack>
        )}
      </Loaded>
    </Page>
  );
}
