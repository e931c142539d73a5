import { Stack } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { Outlet } from '@tanstack/react-router';
import { useApi, useSession } from '@/api/context';
import { preferencesQuery } from '@/api/queries/profile';
import { Loaded } from '@/components/loaded';
import { Page } from '@/components/page';
import { TabArea } from '@/components/tab-area';
import { OwnSessions } from '@/modules/account/own-sessions';
import { PreferencesForm } from '@/modules/account/preferences-form';
import { OwnPassword, OwnSecondFactor } from '@/modules/account/security';

const tabs = [
  { to: '/account/security', label: 'Security' },
  { to: '/account/preferences', label: 'Preferences' },
  { to: '/account/sessions', label: 'Your sessions' },
];

export function AccountArea() {
  return (
    <TabArea label="Your account" tabs={tabs}>
      <Outlet />
    </TabArea>
  );
}

export function SecurityPage() {
  const username = useSession()?.username ?? '';
  return (
    <Page title="Security" lead={`Signed in as ${username}`} narrow>
      <Stack>
        <OwnPassword />
        <OwnSecondFactor username={username} />
      </Stack>
    </Page>
  );
}

export function PreferencesPage() {
  const info = useQuery({ ...preferencesQuery(useApi()), refetchOnWindowFocus: false });
  return (
    <Page title="Preferences" narrow>
      <Loaded query={info} fresh what="Your preferences">
        {(loaded) => <PreferencesForm info={loaded} />}
      </Loaded>
    </Page>
  );
}

export function OwnSessionsPage() {
  return (
    <Page title="Your sessions" lead="End what you do not know or no longer need." narrow>
      <OwnSessions />
    </Page>
  );
}
