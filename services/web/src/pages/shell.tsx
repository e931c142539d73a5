import { AppShell, Burger, Button } from '@mantine/core';
import { useDisclosure, useMediaQuery } from '@mantine/hooks';
import { IconBuilding, IconDeviceDesktopAnalytics, IconFileCode, IconListDetails, IconPlus, IconServer2, IconSettings } from '@tabler/icons-react';
import { Link, Outlet, useRouterState } from '@tanstack/react-router';
import { useTopic } from '@/live/provider';
import { useCan, useRightsKnown } from '@/modules/account-rights';
import { Announcer } from '@/modules/shell/announcer';
import { ClientTree } from '@/modules/shell/client-tree';
import { LiveIndicator, OfflineBanner } from '@/modules/shell/live-state';
import classes from '@/modules/shell/shell.module.css';
import { Shortcuts } from '@/modules/shell/shortcuts';
import { UserMenu } from '@/modules/shell/user-menu';

/** `needs` are the flags of which one is enough; none: for everybody. */
const links = [
  { to: '/agents', label: 'Agents', icon: IconDeviceDesktopAnalytics, needs: [] },
  { to: '/scripts', label: 'Scripts', icon: IconFileCode, needs: ['can_list_scripts'] },
  { to: '/clients', label: 'Clients and sites', icon: IconBuilding, needs: ['can_list_clients', 'can_list_sites'] },
  { to: '/logs', label: 'Logs', icon: IconListDetails, needs: ['can_view_auditlogs', 'can_view_debuglogs', 'can_list_pendingactions'] },
  {
    to: '/settings', label: 'Settings', icon: IconSettings,
    needs: [
      'can_list_accounts', 'can_list_roles', 'can_list_api_keys', 'can_view_core_settings', 'can_view_customfields', 'can_view_global_keystore', 'can_run_urlactions',
      'can_view_schedules', 'can_list_deployments',
    ],
  },
  { to: '/server', label: 'Server', icon: IconServer2, needs: ['can_do_server_maint'] },
] as const; // prettier-ignore

/** The frame around every signed-in page. */
export function Shell() {
  const [menu, { toggle, close }] = useDisclosure();
  const [help, { open: openHelp, close: closeHelp }] = useDisclosure();
  const path = useRouterState({ select: (state) => state.location.pathname });
  const can = useCan();
  const known = useRightsKnown();
  // What the server would refuse is not offered, and so nothing is before it is known.
  const may = (right: string) => known && can(right);
  const narrow = useMediaQuery('(max-width: 767px)', false, { getInitialValueInEffect: false });
  useTopic({ topic: 'agents' });

  return (
    <AppShell header={{ height: 52 }} navbar={{ width: 264, breakpoint: 'sm', collapsed: { mobile: !menu } }} padding={0}>
      <a href="#content" className="skip-link">
        Skip to the content
      </a>
      <AppShell.Header>
        <div className={classes.header}>
          <Burger opened={menu} onClick={toggle} hiddenFrom="sm" size="sm" aria-label={menu ? 'Close the menu' : 'Open the menu'} aria-expanded={menu} />
          <Link to="/agents" className={classes.brand} onClick={close}>
            <img src={`${import.meta.env.BASE_URL}icon.svg`} alt="" width={24} height={24} />
            Gueen RMM
          </Link>
          <span className={classes.grow} />
          <LiveIndicator />
          {may('can_install_agents') ? (
            <Button
              component={Link}
              to="/add-agent"
              leftSection={<IconPlus size={16} />}
              visibleFrom="sm"
              onClick={close}
            >
              Add agent
            </Button>
          ) : null}
          <UserMenu onShortcuts={openHelp} />
        </div>
      </AppShell.Header>
      <AppShell.Navbar inert={narrow && !menu}>
        <nav className={classes.nav} aria-label="Main">
          <div className={classes.links}>
            {links.filter(({ needs }) => needs.length === 0 || needs.some(may)).map(({ to, label, icon: Icon }) => (
              <Link key={to} to={to} className={classes.navLink} data-active={path.startsWith(to) ? true : undefined} onClick={close}>
                <Icon size={18} aria-hidden />
                {label}
              </Link>
            ))}
            {narrow && may('can_install_agents') ? (
              <Link to="/add-agent" className={classes.navLink} data-active={path.startsWith('/add-agent') ? true : undefined} onClick={close}>
                <IconPlus size={18} aria-hidden />
                Add agent
              </Link>
            ) : null}
          </div>
          <div className={classes.treeHead}>Clients</div>
          <div className={classes.treeBody}>
            <ClientTree onNavigate={close} />
          </div>
        </nav>
      </AppShell.Navbar>
      <AppShell.Main className={classes.main}>
        <OfflineBanner />
        <div id="content" className={classes.content}>
          {known ? <Outlet /> : null}
        </div>
      </AppShell.Main>
      <Announcer />
      <Shortcuts opened={help} onOpen={openHelp} onClose={closeHelp} />
    </AppShell>
  );
}
