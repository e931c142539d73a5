import {
  IconAdjustments, IconCalendarTime, IconDatabase, IconForms, IconKey, IconLink, IconLock, IconPackageExport, IconShieldLock, IconUserCheck, IconUsers,
} from '@tabler/icons-react'; // prettier-ignore
import { Outlet } from '@tanstack/react-router';
import { Area, type AreaGroup, type AreaLink } from '@/components/area';
import { AreaCards } from '@/components/area-cards';
import { Page } from '@/components/page';
import { EmptyState } from '@/components/states';
import { useCan } from '@/modules/account-rights';

const groups: readonly { label: string; links: readonly (AreaLink & { needs: string; about: string })[] }[] = [
  {
    label: 'People',
    links: [
      { to: '/settings/users', label: 'Users', icon: IconUsers, needs: 'can_list_accounts', about: 'Who can sign in' },
      { to: '/settings/roles', label: 'Roles', icon: IconShieldLock, needs: 'can_list_roles', about: 'What they may do, and where' },
      { to: '/settings/sessions', label: 'Sessions', icon: IconUserCheck, needs: 'can_list_accounts', about: 'Who is signed in now' },
      { to: '/settings/api-keys', label: 'API keys', icon: IconKey, needs: 'can_list_api_keys', about: 'Credentials of scripts and programs' },
    ],
  },
  {
    label: 'Installation',
    links: [
      { to: '/settings/global', label: 'Global settings', icon: IconAdjustments, needs: 'can_view_core_settings', about: 'Mail, agents, retention, the server' },
      { to: '/settings/custom-fields', label: 'Custom fields', icon: IconForms, needs: 'can_view_customfields', about: 'Your own fields of clients, sites and agents' },
      { to: '/settings/key-store', label: 'Key store', icon: IconDatabase, needs: 'can_view_global_keystore', about: 'Values that scripts use by name' },
      { to: '/settings/url-actions', label: 'URL actions', icon: IconLink, needs: 'can_run_urlactions', about: 'Links and web hooks with placeholders' },
      { to: '/settings/schedules', label: 'Schedules', icon: IconCalendarTime, needs: 'can_view_schedules', about: 'When things happen by themselves' },
      { to: '/settings/deployments', label: 'Deployments', icon: IconPackageExport, needs: 'can_list_deployments', about: 'Install links that expire' },
    ],
  },
]; // prettier-ignore

function useGroups(): AreaGroup[] {
  const can = useCan();
  return groups.map((group) => ({ label: group.label, links: group.links.filter((link) => can(link.needs)) })).filter((group) => group.links.length > 0);
}

const about = Object.fromEntries(groups.flatMap((group) => group.links.map((link) => [link.to, link.about])));

export function SettingsArea() {
  return (
    <Area home="/settings" label="Settings" groups={useGroups()}>
      <Outlet />
    </Area>
  );
}

export function SettingsHome() {
  const shown = useGroups();
  return (
    <Page title="Settings">
      {shown.length === 0 ? (
        <EmptyState icon={<IconLock size={22} />} title="There is nothing here that you may change">
          Your own password and choices are in the menu of your account.
        </EmptyState>
      ) : (
        <AreaCards groups={shown} about={about} />
      )}
    </Page>
  );
}
