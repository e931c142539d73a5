import { Button } from '@mantine/core';
import { IconLogout, IconLogout2 } from '@tabler/icons-react';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import type { User } from '@/api/admin-types';
import { useApi, useSession } from '@/api/context';
import { userCalls, userKeys, userSessionsQuery } from '@/api/queries/admin';
import { ownSessionsQuery } from '@/api/queries/profile';
import { ConfirmButton } from '@/components/confirm-button';
import { DataTable } from '@/components/data-table';
import { Loaded } from '@/components/loaded';
import { notifyDone, notifyFailed } from '@/components/notify';
import { Panel } from '@/components/page';
import { When } from '@/components/when';
import { ThisBrowser } from '../account/this-browser';
import { useCan } from '../account-rights';

/** Where somebody is signed in, and the way to end that. */
export function UserSessions({ user }: { user: Pick<User, 'id' | 'username'> }) {
  const api = useApi();
  const client = useQueryClient();
  const sessions = useQuery(userSessionsQuery(api, user.id));
  const own = useSession()?.username === user.username;
  const here = useQuery({ ...ownSessionsQuery(api), enabled: own }).data?.find((session) => session.current)?.digest;
  const manage = useCan()('can_manage_accounts');
  const end = async (call: () => Promise<unknown>, done: string) => {
    try {
      await call();
      notifyDone(done);
    } catch (error) {
      notifyFailed('The session was not ended', error);
    }
    await client.invalidateQueries({ queryKey: userKeys.sessions(user.id) });
  };
  const count = sessions.data?.length ?? 0;
  return (
    <Panel
      flush
      title={`Sessions of ${user.username}`}
      actions={
        manage && count > 0 ? (
          <ConfirmButton
            question={`${user.username} has to sign in again everywhere.`}
            action="End all"
            onConfirm={() => void end(() => userCalls.endSessions(api, user.id), `All sessions of ${user.username} ended`)}
          >
            {(open) => (
              <Button size="compact-sm" variant="default" leftSection={<IconLogout2 size={14} />} onClick={open}>
                End all
              </Button>
            )}
          </ConfirmButton>
        ) : undefined
      }
    >
      <Loaded query={sessions} what="Sessions" rows={2}>
        {(list) =>
          list.length === 0 ? (
            <p className="muted" style={{ margin: 0, padding: 16 }}>
              Not signed in anywhere.
            </p>
          ) : (
            <DataTable
              label={`Sessions of ${user.username}`}
              rows={list}
              rowKey={(session) => session.digest}
              columns={[
                { head: 'Signed in', kind: 'lead', cell: (session) => <SignedIn at={session.created} here={session.digest === here} /> },
                { head: 'Ends', cell: (session) => <When at={session.expiry} none="never" /> },
                {
                  head: 'Actions',
                  kind: 'tools',
                  cell: (session) =>
                    manage && session.digest !== here ? (
                      <Button
                        size="compact-sm"
                        variant="subtle"
                        color="gray"
                        leftSection={<IconLogout size={14} />}
                        onClick={() => void end(() => userCalls.endSession(api, session.digest), 'The session ended')}
                      >
                        End
                      </Button>
                    ) : null,
                },
              ]}
            />
          )
        }
      </Loaded>
    </Panel>
  );
}

function SignedIn({ at, here }: { at: string; here: boolean }) {
  return (
    <>
      <When at={at} />
      {here ? (
        <div>
          <ThisBrowser />
        </div>
      ) : null}
    </>
  );
}
