import { Select } from '@mantine/core';
import { useDebouncedValue } from '@mantine/hooks';
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { useApi } from '@/api/context';
import { agentSearchQuery } from '@/api/queries/agents';
import { treeQuery } from '@/api/queries/tree';

export interface Subject {
  kind: 'none' | 'agent' | 'site' | 'client';
}

interface SubjectPickerProps {
  kind: 'agent' | 'site' | 'client';
  value: string | null;
  onChange: (id: string | null) => void;
}

/** Chooses one agent, site or client. Agents are searched on the server: there may be many. */
export function SubjectPicker({ kind, value, onChange }: SubjectPickerProps) {
  if (kind === 'agent') return <AgentPicker value={value} onChange={onChange} />;
  return <PlacePicker kind={kind} value={value} onChange={onChange} />;
}

function PlacePicker({ kind, value, onChange }: SubjectPickerProps) {
  const tree = useQuery(treeQuery(useApi())).data;
  const clients = tree?.clients ?? [];
  const data =
    kind === 'client'
      ? clients.map((client) => ({ value: String(client.id), label: client.name }))
      : clients.map((client) => ({ group: client.name, items: client.sites.map((site) => ({ value: String(site.id), label: site.name })) }));
  return <Select label={kind === 'client' ? 'Client' : 'Site'} searchable w={240} data={data} value={value} onChange={onChange} />;
}

interface AgentPickerProps {
  value: string | null;
  onChange: (id: string | null) => void;
  label?: string;
  size?: string;
  placeholder?: string;
}

export function AgentPicker({ value, onChange, label = 'Agent', size, placeholder }: AgentPickerProps) {
  const [search, setSearch] = useState('');
  const [wanted] = useDebouncedValue(search, 250);
  const agents = useQuery({ ...agentSearchQuery(useApi(), wanted), placeholderData: keepPreviousData });
  const items = agents.data?.items ?? [];
  const data = items.map((agent) => ({ value: agent.agent_id, label: `${agent.hostname} (${agent.client.name})` }));
  // The chosen one stays nameable while another is searched for.
  if (value !== null && !items.some((agent) => agent.agent_id === value)) data.push({ value, label: value });
  return (
    <Select
      label={label}
      size={size}
      placeholder={placeholder}
      searchable
      clearable
      allowDeselect
      clearButtonProps={{ 'aria-label': 'No agent' }}
      w={size ? undefined : 260}
      maw="100%"
      data={data}
      filter={({ options }) => options}
      searchValue={search}
      onSearchChange={setSearch}
      nothingFoundMessage={agents.isFetching ? 'Searching…' : 'No agent matches'}
      value={value}
      onChange={onChange}
    />
  );
}
