import { Select, Stack } from '@mantine/core';
import { IconUsers } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { getRouteApi } from '@tanstack/react-router';
import { useApi } from '@/api/context';
import { usersQuery } from '@/api/queries/admin';
import { Loaded } from '@/components/loaded';
import { Page } from '@/components/page';
import { EmptyState } from '@/components/states';
import { UserSessions } from '@/modules/users/user-sessions';

const route = getRouteApi('/shell/settings/sessions');
/** Sessions are read user by user; more than this at once would be a burst of requests. */
const shownAtOnce = 12;

/** Who is signed in: of one user, or of those that signed in last. */
export function SessionsPage() {
  const users = useQuery(usersQuery(useApi()));
  const { user } = route.useSearch();
  const navigate = route.useNavigate();
  return (
    <Page title="Sessions" lead="Where people are signed in. Ending a session asks for password and second factor again." narrow>
      <Loaded query={users} what="Sessions">
        {(list) => {
          const recent = list.filter((each) => each.last_login !== null).sort((a, b) => (b.last_login ?? '').localeCompare(a.last_login ?? ''));
          const shown = user === undefined ? recent.slice(0, shownAtOnce) : list.filter((each) => each.id === user);
          return (
            <Stack>
              <Select
                label="User"
                maw={320}
                searchable
                clearable
                allowDeselect
                clearButtonProps={{ 'aria-label': 'Show the last to sign in' }}
                placeholder={recent.length > shownAtOnce ? `The last ${shownAtOnce} to sign in` : 'Everybody who has signed in'}
                data={list.map((each) => ({ value: String(each.id), label: each.username }))}
                value={user === undefined ? null : String(user)}
                onChange={(id) => void navigate({ search: { user: id ? Number(id) : undefined } })}
              />
              {shown.length === 0 ? (
                <EmptyState icon={<IconUsers size={22} />} title="Nobody has signed in yet">
                  Sessions that were started at the server show when you choose their user.
                </EmptyState>
              ) : null}
              {shown.map((each) => (
                <UserSessions key={each.id} user={each} />
              ))}
            </Stack>
          );
        }}
      </Loaded>
    </Page>
  );
}
