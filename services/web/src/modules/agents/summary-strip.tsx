import { IconAlertTriangle, IconCircleX, IconMoon, IconTool } from '@tabler/icons-react';
import type { ReactNode } from 'react';
import type { AgentFilters, Health } from '@/api/filters';
import type { AgentCounts, AgentStatus } from '@/api/types';
import badge from '@/components/badge.module.css';
import { count } from '@/components/format';
import { StatusIcon, statusWord } from './status';
import classes from './table.module.css';

interface SummaryStripProps {
  counts: AgentCounts | undefined;
  filters: AgentFilters;
  onChange: (filters: AgentFilters) => void;
}

const order: readonly AgentStatus[] = ['online', 'offline', 'overdue'];

/** How the shown part of the fleet is doing; each figure is also the filter that shows its machines. */
export function SummaryStrip({ counts, filters, onChange }: SummaryStripProps) {
  const toggleStatus = (status: AgentStatus) => onChange({ ...filters, status: toggled(filters.status, status) });
  const toggleHealth = (health: Health) => onChange({ ...filters, health: toggled(filters.health, health) });
  const tones = { online: badge.ok, offline: badge.off, overdue: badge.warn };
  return (
    <div className={classes.summary} role="group" aria-label="Filter by state">
      {order.map((status) => (
        <Chip
          key={status}
          value={counts?.[status]}
          label={statusWord(status)}
          pressed={filters.status?.includes(status) ?? false}
          onClick={() => toggleStatus(status)}
          icon={
            <span className={tones[status]} style={{ display: 'grid' }}>
              <StatusIcon status={status} />
            </span>
          }
        />
      ))}
      <Chip
        value={counts?.failing}
        label="Failing"
        pressed={filters.health?.includes('failing') ?? false}
        onClick={() => toggleHealth('failing')}
        icon={<IconCircleX size={15} className={badge.bad} aria-hidden />}
      />
      <Chip
        value={counts?.warning}
        label="Warnings"
        pressed={filters.health?.includes('warning') ?? false}
        onClick={() => toggleHealth('warning')}
        icon={<IconAlertTriangle size={15} className={badge.warn} aria-hidden />}
      />
      <Chip
        value={counts?.needs_reboot}
        label="Need reboot"
        pressed={filters.needs_reboot === true}
        onClick={() => onChange({ ...filters, needs_reboot: filters.needs_reboot ? undefined : true })}
        icon={<IconTool size={15} aria-hidden />}
      />
      <Chip
        value={counts?.maintenance}
        label="Maintenance"
        pressed={filters.maintenance === true}
        onClick={() => onChange({ ...filters, maintenance: filters.maintenance ? undefined : true })}
        icon={<IconMoon size={15} aria-hidden />}
      />
    </div>
  );
}

interface ChipProps {
  value: number | undefined;
  label: string;
  icon: ReactNode;
  pressed: boolean;
  onClick: () => void;
}

function Chip({ value, label, icon, pressed, onClick }: ChipProps) {
  return (
    <button type="button" className={classes.chip} aria-pressed={pressed} data-zero={value === 0 || undefined} onClick={onClick}>
      {icon}
      {label}
      <b>{value === undefined ? '·' : count(value)}</b>
    </button>
  );
}

/** Adds or takes out one value; an empty list is no filter. */
export function toggled<T>(list: T[] | undefined, value: T): T[] | undefined {
  const next = list?.includes(value) ? list.filter((item) => item !== value) : [...(list ?? []), value];
  return next.length === 0 ? undefined : next;
}
