import { Button, TextInput } from '@mantine/core';
import { IconFileCode, IconPlus, IconSearch } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { getRouteApi, Link, useNavigate } from '@tanstack/react-router';
import { useApi } from '@/api/context';
import { scriptQuery, scriptsQuery } from '@/api/queries/scripts';
import { Loaded } from '@/components/loaded';
import { Page, Panel } from '@/components/page';
import { EmptyState, ErrorState, RowsSkeleton } from '@/components/states';
import { useCan } from '@/modules/account-rights';
import { Needs } from '@/modules/needs';
import { DeleteScript } from '@/modules/scripts/delete-script';
import { newScript, ScriptForm } from '@/modules/scripts/script-form';
import { ScriptTable } from '@/modules/scripts/script-table';

const listRoute = getRouteApi('/shell/scripts');
const oneRoute = getRouteApi('/shell/scripts/$scriptId');

const trail = <Link to="/scripts">Scripts</Link>;

export function ScriptsPage() {
  const scripts = useQuery(scriptsQuery(useApi()));
  const manage = useCan()('can_manage_scripts');
  const { q = '' } = listRoute.useSearch();
  const navigate = listRoute.useNavigate();
  const wanted = q.toLowerCase();
  const shown = (scripts.data ?? []).filter((script) => `${script.name} ${script.category ?? ''} ${script.description ?? ''}`.toLowerCase().includes(wanted));
  const add = manage ? (
    <Button component={Link} to="/scripts/new" leftSection={<IconPlus size={16} />}>
      New script
    </Button>
  ) : null;
  return (
    <Page title="Scripts" lead="The library of everything that can be run on machines." actions={add}>
      <Panel
        flush
        label="Scripts"
        title={
          <TextInput
            size="xs"
            data-search
            style={{ flex: '0 1 280px' }}
            aria-label="Filter scripts"
            placeholder="Filter by name, category or text"
            leftSection={<IconSearch size={14} />}
            value={q}
            onChange={(event) => void navigate({ search: { q: event.currentTarget.value || undefined }, replace: true })}
          />
        }
      >
        {scripts.isPending ? (
          <RowsSkeleton label="Loading scripts" />
        ) : scripts.isError ? (
          <ErrorState title="Scripts could not be loaded" error={scripts.error} onRetry={() => void scripts.refetch()} />
        ) : shown.length === 0 ? (
          <EmptyState icon={<IconFileCode size={22} />} title={q ? 'No script matches' : 'No scripts yet'} actions={q ? null : add}>
            {q ? 'Try another word.' : 'Write one here and run it on any machine.'}
          </EmptyState>
        ) : (
          <ScriptTable scripts={shown} />
        )}
      </Panel>
    </Page>
  );
}

export function NewScriptPage() {
  const navigate = useNavigate();
  const categories = useCategories();
  return (
    <Page title="New script" trail={trail} narrow>
      <Needs right="can_manage_scripts">
        <ScriptForm initial={newScript} categories={categories} onDone={() => void navigate({ to: '/scripts' })} />
      </Needs>
    </Page>
  );
}

export function ScriptPage() {
  const { scriptId } = oneRoute.useParams();
  const navigate = useNavigate();
  const categories = useCategories();
  const script = useQuery({ ...scriptQuery(useApi(), Number(scriptId)), refetchOnWindowFocus: false });
  const manage = useCan()('can_manage_scripts');
  const done = () => void navigate({ to: '/scripts' });
  // What was typed about a script that is gone cannot be saved any more.
  const left = () => void navigate({ to: '/scripts', ignoreBlocker: true });
  return (
    <Page title={script.data?.name ?? 'Script'} trail={trail} narrow actions={manage && script.data ? <DeleteScript script={script.data} onDone={left} /> : undefined}>
      <Loaded query={script} what="The script" fresh>
        {(loaded) => <ScriptForm key={scriptId} initial={pick(loaded)} scriptId={Number(scriptId)} categories={categories} onDone={done} />}
      </Loaded>
    </Page>
  );
}

function useCategories(): string[] {
  const scripts = useQuery(scriptsQuery(useApi())).data ?? [];
  return [...new Set(scripts.flatMap((script) => (script.category ? [script.category] : [])))].sort();
}

function pick(script: typeof newScript): typeof newScript {
  const { name, description, shell, category, args, env_vars, default_timeout, supported_platforms, run_as_user, script_body } = script;
  return { name, description, shell, category, args, env_vars, default_timeout, supported_platforms, run_as_user, script_body };
}
