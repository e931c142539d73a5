import { ActionIcon, Menu, useMantineColorScheme, type MantineColorScheme } from '@mantine/core';
import { IconAdjustmentsHorizontal, IconCheck, IconDeviceDesktop, IconKeyboard, IconLogout, IconLogout2, IconMoon, IconShieldLock, IconSun, IconUser, IconUserCheck } from '@tabler/icons-react';
import { useQueryClient } from '@tanstack/react-query';
import { Link, useNavigate, useRouter } from '@tanstack/react-router';
import { useServices, useSession } from '@/api/context';
import { accountCalls } from '@/api/queries/account';
import { notifyFailed } from '@/components/notify';

const schemes: readonly [MantineColorScheme, string, typeof IconSun][] = [
  ['light', 'Light', IconSun],
  ['dark', 'Dark', IconMoon],
  ['auto', 'As the system', IconDeviceDesktop],
];

export function UserMenu({ onShortcuts }: { onShortcuts: () => void }) {
  const session = useSession();
  const { api, sessions } = useServices();
  const client = useQueryClient();
  const navigate = useNavigate();
  const router = useRouter();
  const { colorScheme, setColorScheme } = useMantineColorScheme();

  const leave = async (everywhere: boolean) => {
    // First away from the page, which may hold unsaved changes and ask: whoever stays there stays signed in.
    await navigate({ to: '/login' });
    if (router.state.location.pathname !== '/login') return;
    try {
      await (everywhere ? accountCalls.logoutAll(api) : accountCalls.logout(api));
    } catch (error) {
      // Signing out here must always work; only "everywhere" made a promise that was not kept.
      if (everywhere) {
        notifyFailed('Your other sessions could not be signed out', error);
        router.history.back();
        return;
      }
    }
    sessions.end();
    client.clear();
  };

  return (
    <Menu width={250}>
      <Menu.Target>
        <ActionIcon variant="default" size="lg" radius="xl" aria-label={`Your account, ${session?.username ?? ''}`}>
          <IconUser size={18} />
        </ActionIcon>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Label>Signed in as {session?.username}</Menu.Label>
        <Menu.Item component={Link} to="/account/security" leftSection={<IconShieldLock size={16} />}>
          Security
        </Menu.Item>
        <Menu.Item component={Link} to="/account/preferences" leftSection={<IconAdjustmentsHorizontal size={16} />}>
          Preferences
        </Menu.Item>
        <Menu.Item component={Link} to="/account/sessions" leftSection={<IconUserCheck size={16} />}>
          Your sessions
        </Menu.Item>
        <Menu.Divider />
        <Menu.Label>Appearance</Menu.Label>
        {schemes.map(([scheme, label, Icon]) => (
          <Menu.Item
            key={scheme}
            role="menuitemradio"
            aria-checked={colorScheme === scheme}
            leftSection={<Icon size={16} />}
            rightSection={colorScheme === scheme ? <IconCheck size={14} /> : null}
            onClick={() => setColorScheme(scheme)}
          >
            {label}
          </Menu.Item>
        ))}
        <Menu.Divider />
        <Menu.Item leftSection={<IconKeyboard size={16} />} onClick={onShortcuts}>
          Keyboard shortcuts
        </Menu.Item>
        <Menu.Divider />
        <Menu.Item leftSection={<IconLogout size={16} />} onClick={() => void leave(false)}>
          Sign out
        </Menu.Item>
        <Menu.Item leftSection={<IconLogout2 size={16} />} onClick={() => void leave(true)}>
          Sign out everywhere
        </Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}
