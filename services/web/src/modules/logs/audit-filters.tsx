import { Button, MultiSelect, Select, TextInput } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { useApi } from '@/api/context';
import { usersQuery } from '@/api/queries/admin';
import { useCan } from '../account-rights';
import { auditActions, type AuditFilters as Filters } from './filters';
import classes from './logs.module.css';
import { ScopeFilters, SpanFilter } from './scope-filters';
import { actionWord, objectWords } from './words';

interface AuditFiltersProps {
  filters: Filters;
  onChange: (filters: Filters) => void;
}

export function AuditFilters({ filters, onChange }: AuditFiltersProps) {
  const narrowed = Object.values(filters).some((value) => value !== undefined);
  const objects = Object.entries(objectWords).map(([value, label]) => ({ value, label }));
  return (
    <div className={classes.filters} role="search" aria-label="Filter the audit log">
      <SpanFilter days={filters.days} onChange={(days) => onChange({ ...filters, days })} />
      <UserFilter user={filters.user} onChange={(user) => onChange({ ...filters, user })} />
      <MultiSelect
        size="xs"
        label="Action"
        placeholder={filters.action ? undefined : 'All'}
        clearable
        clearButtonProps={{ 'aria-label': 'All actions' }}
        data={auditActions.map((value) => ({ value, label: actionWord(value) }))}
        value={filters.action ?? []}
        onChange={(next) => onChange({ ...filters, action: next.length > 0 ? auditActions.filter((action) => next.includes(action)) : undefined })}
      />
      <Select
        size="xs"
        label="Object"
        placeholder="All"
        searchable
        clearable
        allowDeselect
        clearButtonProps={{ 'aria-label': 'All objects' }}
        data={objects}
        value={filters.object ?? null}
        onChange={(object) => onChange({ ...filters, object: object ?? undefined })}
      />
      <ScopeFilters scope={filters} onChange={(scope) => onChange({ ...filters, ...scope })} />
      {narrowed ? (
        <Button size="xs" variant="subtle" onClick={() => onChange({})}>
          Clear filters
        </Button>
      ) : null}
    </div>
  );
}

/** By name: from the list of users where it may be seen, also for users who are gone. */
function UserFilter({ user, onChange }: { user: string | undefined; onChange: (user: string | undefined) => void }) {
  const list = useCan()('can_list_accounts');
  const users = useQuery({ ...usersQuery(useApi()), enabled: list }).data ?? [];
  if (!list) return <TypedUser key={user} user={user} onChange={onChange} />;
  const names = [...new Set([...users.map((each) => each.username), ...(user ? [user] : [])])].sort();
  return (
    <Select
      size="xs"
      label="User"
      placeholder="All"
      searchable
      clearable
      allowDeselect
      clearButtonProps={{ 'aria-label': 'All users' }}
      data={names}
      value={user ?? null}
      onChange={(name) => onChange(name ?? undefined)}
    />
  );
}

function TypedUser({ user, onChange }: { user: string | undefined; onChange: (user: string | undefined) => void }) {
  const [typed, setTyped] = useState(user ?? '');
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        onChange(typed.trim() || undefined);
      }}
    >
      <TextInput size="xs" label="User" placeholder="Exact name" value={typed} onChange={(event) => setTyped(event.currentTarget.value)} onBlur={() => onChange(typed.trim() || undefined)} />
    </form>
  );
}
