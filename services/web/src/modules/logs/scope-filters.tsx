import { Select } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useApi } from '@/api/context';
import { treeQuery } from '@/api/queries/tree';
import { AgentPicker } from '../url-actions/subject-picker';
import { usualSpan, type Span } from './filters';

interface Scope {
  agent?: string;
  client?: number;
  site?: number;
}

interface ScopeFiltersProps {
  scope: Scope;
  onChange: (scope: Scope) => void;
}

/** Narrows a log to a client, one of its sites, or one agent. */
export function ScopeFilters({ scope, onChange }: ScopeFiltersProps) {
  const tree = useQuery(treeQuery(useApi())).data;
  const sites = (tree?.clients ?? []).map((client) => ({ group: client.name, items: client.sites.map((site) => ({ value: String(site.id), label: site.name })) }));
  return (
    <>
      <Select
        size="xs"
        label="Client"
        placeholder="All"
        searchable
        clearable
        allowDeselect
        clearButtonProps={{ 'aria-label': 'All clients' }}
        data={tree?.clients.map((client) => ({ value: String(client.id), label: client.name })) ?? []}
        value={scope.client === undefined ? null : String(scope.client)}
        onChange={(id) => onChange({ ...scope, client: id ? Number(id) : undefined })}
      />
      <Select
        size="xs"
        label="Site"
        placeholder="All"
        searchable
        clearable
        allowDeselect
        clearButtonProps={{ 'aria-label': 'All sites' }}
        data={sites}
        value={scope.site === undefined ? null : String(scope.site)}
        onChange={(id) => onChange({ ...scope, site: id ? Number(id) : undefined })}
      />
      <AgentPicker size="xs" placeholder="All" value={scope.agent ?? null} onChange={(id) => onChange({ ...scope, agent: id ?? undefined })} />
    </>
  );
}

const spanWords: readonly { value: Span; label: string }[] = [
  { value: '1', label: 'Last day' },
  { value: '7', label: 'Last week' },
  { value: '30', label: 'Last 30 days' },
  { value: '90', label: 'Last 90 days' },
  { value: 'all', label: 'All time' },
];

export function SpanFilter({ days, onChange }: { days: Span | undefined; onChange: (days: Span | undefined) => void }) {
  return (
    <Select
      size="xs"
      label="Time"
      data={spanWords.map((word) => ({ ...word }))}
      value={days ?? usualSpan}
      onChange={(next) => onChange(next === usualSpan ? undefined : (next ?? undefined))}
    />
  );
}
