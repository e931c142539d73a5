import { Tooltip } from '@mantine/core';
import { IconMoon, IconTool } from '@tabler/icons-react';
import { columnVisibilityFeature, createColumnHelper, tableFeatures } from '@tanstack/react-table';
import type { SortKey } from '@/api/filters';
import type { AgentRow } from '@/api/types';
import { duration } from '@/components/format';
import { TimeAgo } from '@/components/time-ago';
import { useNow } from '@/components/use-now';
import { ChecksSummary, PlatIcon, StatusBadge } from './status';
import classes from './table.module.css';

export const features = tableFeatures({ columnVisibilityFeature });

const helper = createColumnHelper<typeof features, AgentRow>();

/** How a column is laid out and sorted; the widths are CSS grid tracks. */
export interface ColumnLayout {
  label: string;
  width: string;
  /** Least width in pixels, for the scroll width of the whole table. */
  least: number;
  sort?: SortKey;
  /** Cannot be hidden. */
  fixed?: boolean;
  /** Shown until the user says otherwise. */
  shown?: boolean;
}

export const layouts: Readonly<Record<string, ColumnLayout>> = {
  status: { label: 'Status', width: '104px', least: 104, sort: 'status', fixed: true },
  hostname: { label: 'Host', width: 'minmax(190px, 2.2fr)', least: 190, sort: 'hostname', fixed: true },
  checks: { label: 'Checks', width: '124px', least: 124, sort: 'checks', shown: true },
  client: { label: 'Client', width: 'minmax(110px, 1.2fr)', least: 110, sort: 'client', shown: true },
  site: { label: 'Site', width: 'minmax(100px, 1fr)', least: 100, sort: 'site', shown: true },
  os: { label: 'Operating system', width: 'minmax(150px, 1.6fr)', least: 150, sort: 'os', shown: true },
  user: { label: 'User', width: 'minmax(90px, 1fr)', least: 90, shown: true },
  last_seen: { label: 'Last seen', width: '96px', least: 96, sort: 'last_seen', shown: true },
  ip: { label: 'IP address', width: 'minmax(120px, 1fr)', least: 120 },
  public_ip: { label: 'Public IP', width: 'minmax(120px, 1fr)', least: 120 },
  type: { label: 'Type', width: '104px', least: 104 },
  uptime: { label: 'Uptime', width: '104px', least: 104 },
  version: { label: 'Agent version', width: '104px', least: 104 },
};

export const columns = helper.columns([
  helper.display({ id: 'status', header: 'Status', cell: ({ row }) => <StatusBadge status={row.original.status} /> }),
  helper.display({ id: 'hostname', header: 'Host', cell: ({ row }) => <Host row={row.original} /> }),
  helper.display({ id: 'checks', header: 'Checks', cell: ({ row }) => <ChecksSummary checks={row.original.checks} compact /> }),
  helper.display({ id: 'client', header: 'Client', cell: ({ row }) => <Cut text={row.original.client.name} /> }),
  helper.display({ id: 'site', header: 'Site', cell: ({ row }) => <Cut text={row.original.site.name} /> }),
  helper.display({ id: 'os', header: 'Operating system', cell: ({ row }) => <Cut text={row.original.operating_system} /> }),
  helper.display({ id: 'user', header: 'User', cell: ({ row }) => <Cut text={row.original.logged_in_username} /> }),
  helper.display({ id: 'last_seen', header: 'Last seen', cell: ({ row }) => <LastSeen row={row.original} /> }),
  helper.display({ id: 'ip', header: 'IP address', cell: ({ row }) => <Cut text={row.original.local_ips} /> }),
  helper.display({ id: 'public_ip', header: 'Public IP', cell: ({ row }) => <Cut text={row.original.public_ip} /> }),
  helper.display({
    id: 'type',
    header: 'Type',
    cell: ({ row }) => (row.original.monitoring_type === 'server' ? 'Server' : 'Workstation'),
  }),
  helper.display({ id: 'uptime', header: 'Uptime', cell: ({ row }) => <Uptime row={row.original} /> }),
  helper.display({ id: 'version', header: 'Agent version', cell: ({ row }) => <Cut text={row.original.version} /> }),
]);

function Host({ row }: { row: AgentRow }) {
  return (
    <span className={classes.host}>
      <span className={classes.plat}>
        <PlatIcon plat={row.plat} />
      </span>
      <span className={classes.names}>
        <span className={`${classes.hostname ?? ''} truncate`} title={row.hostname}>
          {row.hostname}
        </span>
        {row.description ? <span className={`${classes.description ?? ''} truncate`} title={row.description} dir="auto">{row.description}</span> : null}
      </span>
      {row.maintenance_mode ? (
        <Tooltip label="In maintenance: no alerts">
          <IconMoon size={15} role="img" aria-label="In maintenance" className={classes.flag} />
        </Tooltip>
      ) : null}
      {row.needs_reboot ? (
        <Tooltip label="Needs a reboot">
          <IconTool size={15} role="img" aria-label="Needs a reboot" className={classes.flag} />
        </Tooltip>
      ) : null}
    </span>
  );
}

function Cut({ text }: { text: string | null }) {
  if (!text) return <span className="muted">–</span>;
  return (
    <span className="truncate" title={text} dir="auto">
      {text}
    </span>
  );
}

function LastSeen({ row }: { row: AgentRow }) {
  if (row.connected) return <span>now</span>;
  return <TimeAgo at={row.last_seen} short />;
}

function Uptime({ row }: { row: AgentRow }) {
  const now = useNow();
  if (row.boot_time === null || row.status !== 'online') return <span className="muted">–</span>;
  return <span>{duration(now / 1000 - row.boot_time)}</span>;
}
