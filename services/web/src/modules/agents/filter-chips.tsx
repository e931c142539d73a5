import { Button, Menu, Pill } from '@mantine/core';
import { IconFilterPlus } from '@tabler/icons-react';
import { healths, monitoringTypes, plats, statuses, type AgentFilters } from '@/api/filters';
import type { Tree } from '@/api/types';
import { platNames, statusWord } from './status';
import { toggled } from './summary-strip';
import classes from './table.module.css';

interface FilterChipsProps {
  filters: AgentFilters;
  tree: Tree | undefined;
  onChange: (filters: AgentFilters) => void;
}

const healthWords = { failing: 'Failing checks', warning: 'Warnings', passing: 'All checks passing' };
const typeWords = { server: 'Servers', workstation: 'Workstations' };

/** What narrows the list, each with its own way out. */
export function FilterChips({ filters, tree, onChange }: FilterChipsProps) {
  const chips = chipsOf(filters, tree);
  if (chips.length === 0) return null;
  return (
    <div className={classes.filters} aria-label="Active filters" role="group">
      {chips.map((chip) => (
        <Pill
          key={chip.label}
          size="md"
          className={classes.filter}
          title={chip.label}
          withRemoveButton
          removeButtonProps={{ 'aria-label': `Remove filter ${chip.label}`, 'aria-hidden': false, tabIndex: 0 }}
          onRemove={() => onChange(chip.without)}
        >
          {chip.label}
        </Pill>
      ))}
      <Button size="compact-xs" variant="subtle" onClick={() => onChange(filters.sort ? { sort: filters.sort } : {})}>
        Clear all
      </Button>
    </div>
  );
}

export function AddFilterMenu({ filters, onChange }: Omit<FilterChipsProps, 'tree'>) {
  return (
    <Menu width={220} closeOnItemClick={false} position="bottom-start">
      <Menu.Target>
        <Button variant="default" leftSection={<IconFilterPlus size={16} />}>
          Filter
        </Button>
      </Menu.Target>
      <Menu.Dropdown mah={420} style={{ overflow: 'auto' }}>
        <Menu.Label>Status</Menu.Label>
        {statuses.map((status) => (
          <Choice
            key={status}
            label={statusWord(status)}
            checked={filters.status?.includes(status) ?? false}
            onClick={() => onChange({ ...filters, status: toggled(filters.status, status) })}
          />
        ))}
        <Menu.Label>Checks</Menu.Label>
        {healths.map((health) => (
          <Choice
            key={health}
            label={healthWords[health]}
            checked={filters.health?.includes(health) ?? false}
            onClick={() => onChange({ ...filters, health: toggled(filters.health, health) })}
          />
        ))}
        <Menu.Label>Operating system</Menu.Label>
        {plats.map((plat) => (
          <Choice
            key={plat}
            label={platNames[plat]}
            checked={filters.plat?.includes(plat) ?? false}
            onClick={() => onChange({ ...filters, plat: toggled(filters.plat, plat) })}
          />
        ))}
        <Menu.Label>Type</Menu.Label>
        {monitoringTypes.map((type) => (
          <Choice
            key={type}
            label={typeWords[type]}
            checked={filters.monitoring_type === type}
            onClick={() => onChange({ ...filters, monitoring_type: filters.monitoring_type === type ? undefined : type })}
          />
        ))}
      </Menu.Dropdown>
    </Menu>
  );
}

function Choice({ label, checked, onClick }: { label: string; checked: boolean; onClick: () => void }) {
  return (
    <Menu.Item role="menuitemcheckbox" aria-checked={checked} onClick={onClick} rightSection={checked ? '✓' : null}>
      {label}
    </Menu.Item>
  );
}

interface Chip {
  label: string;
  without: AgentFilters;
}

function chipsOf(filters: AgentFilters, tree: Tree | undefined): Chip[] {
  const chips: Chip[] = [];
  if (filters.q) chips.push({ label: `“${filters.q}”`, without: { ...filters, q: undefined } });
  const names = placeNames(filters, tree);
  if (names.client) chips.push({ label: `Client: ${names.client}`, without: { ...filters, client: undefined } });
  if (names.site) chips.push({ label: `Site: ${names.site}`, without: { ...filters, site: undefined } });
  for (const status of filters.status ?? []) {
    chips.push({ label: statusWord(status), without: { ...filters, status: toggled(filters.status, status) } });
  }
  for (const health of filters.health ?? []) {
    chips.push({ label: healthWords[health], without: { ...filters, health: toggled(filters.health, health) } });
  }
  for (const plat of filters.plat ?? []) {
    chips.push({ label: platNames[plat], without: { ...filters, plat: toggled(filters.plat, plat) } });
  }
  if (filters.monitoring_type) {
    chips.push({ label: typeWords[filters.monitoring_type], without: { ...filters, monitoring_type: undefined } });
  }
  if (filters.needs_reboot !== undefined) {
    chips.push({ label: filters.needs_reboot ? 'Need a reboot' : 'Need no reboot', without: { ...filters, needs_reboot: undefined } });
  }
  if (filters.maintenance !== undefined) {
    chips.push({ label: filters.maintenance ? 'In maintenance' : 'Not in maintenance', without: { ...filters, maintenance: undefined } });
  }
  return chips;
}

/** Names of the chosen client and site; ids of ones that are gone or not visible stay readable as numbers. */
export function placeNames(filters: AgentFilters, tree: Tree | undefined): { client?: string; site?: string; siteClient?: string } {
  const found: { client?: string; site?: string; siteClient?: string } = {};
  if (filters.client !== undefined) {
    found.client = tree?.clients.find((client) => client.id === filters.client)?.name ?? `no. ${filters.client}`;
  }
  if (filters.site !== undefined) {
    const owner = tree?.clients.find((client) => client.sites.some((site) => site.id === filters.site));
    found.site = owner?.sites.find((site) => site.id === filters.site)?.name ?? `no. ${filters.site}`;
    if (owner) found.siteClient = owner.name;
  }
  return found;
}
