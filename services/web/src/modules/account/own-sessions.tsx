import { Button } from '@mantine/core';
import { IconLogout, IconLogout2 } from '@tabler/icons-react';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useServices } from '@/api/context';
import { accountCalls } from '@/api/queries/account';
import { ownSessionsQuery, profileCalls, profileKeys } from '@/api/queries/profile';
import { ConfirmButton } from '@/components/confirm-button';
import { DataTable } from '@/components/data-table';
import { Loaded } from '@/components/loaded';
import { notifyDone, notifyFailed } from '@/components/notify';
import { Panel } from '@/components/page';
import { When } from '@/components/when';
import { ThisBrowser } from './this-browser';

export function OwnSessions() {
  const { api, sessions } = useServices();
  const client = useQueryClient();
  const own = useQuery(ownSessionsQuery(api));
  const end = async (digest: string) => {
    try {
      await profileCalls.endSession(api, digest);
      notifyDone('The session ended');
    } catch (error) {
      notifyFailed('The session was not ended', error);
    }
    await client.invalidateQueries({ queryKey: profileKeys.sessions });
  };
  const leave = async () => {
    try {
      await accountCalls.logoutAll(api);
      sessions.end();
    } catch (error) {
      notifyFailed('Your sessions were not ended', error);
    }
  };
  return (
    <Panel
      flush
      title="Where you are signed in"
      actions={
        <ConfirmButton question="You have to sign in again here, too." action="Sign out everywhere" onConfirm={() => void leave()}>
          {(open) => (
            <Button size="compact-sm" variant="default" leftSection={<IconLogout2 size={14} />} onClick={open}>
              Sign out everywhere
            </Button>
          )}
        </ConfirmButton>
      }
    >
      <Loaded query={own} what="Your sessions" rows={2}>
        {(list) => (
          <DataTable
            label="Your sessions"
            rows={list}
            rowKey={(session) => session.digest}
            columns={[
              {
                head: 'Signed in',
                kind: 'lead',
                cell: (session) => (
                  <>
                    <When at={session.created} />
                    {session.current ? (
                      <div>
                        <ThisBrowser />
                      </div>
                    ) : null}
                  </>
                ),
              },
              { head: 'From', kind: 'tight', cell: (session) => (session.ip ? <span className="mono">{session.ip}</span> : null) },
              { head: 'Last extended', cell: (session) => <When brief at={session.last_used ?? session.created} /> },
              { head: 'Ends', cell: (session) => <When brief at={session.expiry} none="never" /> },
              {
                head: 'Actions',
                kind: 'tools',
                cell: (session) =>
                  session.current ? null : (
                    <Button size="compact-sm" variant="subtle" color="gray" leftSection={<IconLogout size={14} />} onClick={() => void end(session.digest)}>
                      End
                    </Button>
                  ),
              },
            ]}
          />
        )}
      </Loaded>
    </Panel>
  );
}
