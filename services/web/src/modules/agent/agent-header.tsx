import { ActionIcon, Button, Menu, Skeleton } from '@mantine/core';
import { IconDots, IconMoon, IconPencil, IconPower, IconRefresh, IconTerminal2, IconTrash } from '@tabler/icons-react';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { Link, useNavigate } from '@tanstack/react-router';
import { useApi } from '@/api/context';
import { agentCalls, agentKeys } from '@/api/queries/agents';
import type { AgentRow } from '@/api/types';
import { duration } from '@/components/format';
import { notifyDone, notifyFailed } from '@/components/notify';
import { PageTitle } from '@/components/page';
import { TimeAgo } from '@/components/time-ago';
import { useNow } from '@/components/use-now';
import { useCan } from '../account-rights';
import { MaintenanceBadge, PlatIcon, RebootBadge, StatusBadge } from '../agents/status';
import classes from './agent.module.css';
import { AgentTabs } from './agent-tabs';

/** Who this machine is and how it is, above every tab; follows the live row. */
export function AgentHeader({ id, row }: { id: string; row: AgentRow | undefined }) {
  const now = useNow();
  return (
    <header className={classes.head}>
      <nav className={classes.crumbs} aria-label="Breadcrumb">
        <Link to="/agents">Agents</Link>
        {row ? (
          <>
            <span aria-hidden>›</span>
            <Link to="/agents" search={{ client: row.client.id }}>
              {row.client.name}
            </Link>
            <span aria-hidden>›</span>
            <Link to="/agents" search={{ site: row.site.id }}>
              {row.site.name}
            </Link>
          </>
        ) : null}
      </nav>
      <div className={classes.titleLine}>
        {row ? <PlatIcon plat={row.plat} size={20} /> : null}
        {row ? <PageTitle>{row.hostname}</PageTitle> : <Skeleton height={24} width={220} />}
        {row ? (
          <>
            <StatusBadge status={row.status} pill />
            {row.maintenance_mode ? <MaintenanceBadge /> : null}
            {row.needs_reboot ? <RebootBadge /> : null}
            <AgentActions id={id} row={row} />
          </>
        ) : null}
      </div>
      <div className={classes.facts}>
        {row ? (
          <>
            <span>{row.operating_system ?? 'Operating system not reported yet'}</span>
            {row.logged_in_username ? <span>{row.logged_in_username}</span> : null}
            {row.status === 'online' && row.boot_time !== null ? <span>Up {duration(now / 1000 - row.boot_time)}</span> : null}
            <span>Seen {row.connected ? 'now' : <TimeAgo at={row.last_seen} none="never" />}</span>
            {row.description ? <span>{row.description}</span> : null}
          </>
        ) : null}
      </div>
      <AgentTabs id={id} failing={row ? row.checks.failing + row.checks.warning : 0} />
    </header>
  );
}

function AgentActions({ id, row }: { id: string; row: AgentRow }) {
  const api = useApi();
  const can = useCan();
  const client = useQueryClient();
  const navigate = useNavigate();
  const maintenance = useMutation({
    mutationFn: (on: boolean) => agentCalls.edit(api, id, { maintenance_mode: on }),
    onSuccess: (_reply, on) => {
      notifyDone(on ? `${row.hostname} is in maintenance: no alerts` : `${row.hostname} left maintenance`);
      return client.invalidateQueries({ queryKey: agentKeys.all });
    },
    onError: (error) => notifyFailed('Maintenance was not changed', error),
  });
  const refresh = useMutation({
    mutationFn: () => agentCalls.refresh(api, id),
    onSuccess: (said) => {
      notifyDone(said);
      return client.invalidateQueries({ queryKey: agentKeys.detail(id) });
    },
    onError: (error) => notifyFailed('The inventory was not refreshed', error),
  });
  const ask = (confirm: 'reboot' | 'delete') =>
    void navigate({ to: '.', search: (present: Record<string, unknown>) => ({ ...present, confirm }) });

  return (
    <div className={classes.actions}>
      {can('can_use_terminal') ? (
        <Button component={Link} to={`/agents/${id}/terminal`} variant="default" visibleFrom="sm" leftSection={<IconTerminal2 size={16} />}>
          Terminal
        </Button>
      ) : null}
      <Menu width={230}>
        <Menu.Target>
          <ActionIcon variant="default" size={36} aria-label={`More actions for ${row.hostname}`} loading={refresh.isPending}>
            <IconDots size={18} />
          </ActionIcon>
        </Menu.Target>
        <Menu.Dropdown>
          <Menu.Item leftSection={<IconRefresh size={16} />} disabled={!can('can_edit_agent')} onClick={() => refresh.mutate()}>
            Refresh inventory
          </Menu.Item>
          <Menu.Item
            leftSection={<IconMoon size={16} />}
            disabled={!can('can_edit_agent')}
            onClick={() => maintenance.mutate(!row.maintenance_mode)}
          >
            {row.maintenance_mode ? 'End maintenance' : 'Start maintenance'}
          </Menu.Item>
          <Menu.Item
            leftSection={<IconPencil size={16} />}
            disabled={!can('can_edit_agent')}
            onClick={() => void navigate({ to: '/agents/$agentId/settings', params: { agentId: id } })}
          >
            Settings
          </Menu.Item>
          <Menu.Divider />
          <Menu.Item leftSection={<IconPower size={16} />} disabled={!can('can_reboot_agents')} onClick={() => ask('reboot')}>
            Reboot…
          </Menu.Item>
          <Menu.Item c="var(--g-bad)" leftSection={<IconTrash size={16} />} disabled={!can('can_uninstall_agents')} onClick={() => ask('delete')}>
            Remove agent…
          </Menu.Item>
        </Menu.Dropdown>
      </Menu>
    </div>
  );
}
