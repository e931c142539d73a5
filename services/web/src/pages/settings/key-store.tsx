import { Button, Switch } from '@mantine/core';
import { IconDatabase, IconPlus } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { getRouteApi, Link, useNavigate } from '@tanstack/react-router';
import { useState } from 'react';
import type { KeyStoreEntry } from '@/api/admin-types';
import { useApi } from '@/api/context';
import { keyStoreCalls, keyStoreKey, keyStoreQuery } from '@/api/queries/core';
import { Copy } from '@/components/copy';
import { DataTable } from '@/components/data-table';
import { FilterInput } from '@/components/filter-input';
import { Loaded } from '@/components/loaded';
import { Page, Panel } from '@/components/page';
import { RemoveButton } from '@/components/remove-button';
import { EmptyState } from '@/components/states';
import { When } from '@/components/when';
import { useCan } from '@/modules/account-rights';
import { Needs } from '@/modules/needs';
import { EntryForm } from '@/modules/key-store/entry-form';

const listRoute = getRouteApi('/shell/settings/key-store');
const oneRoute = getRouteApi('/shell/settings/key-store/$entryId');
const hidden = '••••••••';

export function KeyStorePage() {
  const entries = useQuery(keyStoreQuery(useApi()));
  const edit = useCan()('can_edit_global_keystore');
  const [shown, setShown] = useState(false);
  const { q = '' } = listRoute.useSearch();
  const navigate = listRoute.useNavigate();
  const add = edit ? (
    <Button component={Link} to="/settings/key-store/new" leftSection={<IconPlus size={16} />}>
      New entry
    </Button>
  ) : null;
  return (
    <Page title="Key store" lead="Values that scripts, tasks and URL actions use by name." actions={add}>
      <Panel
        flush
        label="Key store"
        title={<FilterInput label="Filter by name" value={q} onChange={(value) => void navigate({ search: { q: value || undefined }, replace: true })} />}
        actions={<Switch size="sm" label="Show values" checked={shown} onChange={(event) => setShown(event.currentTarget.checked)} />}
      >
        <Loaded query={entries} what="Entries">
          {(all) => {
            const list = all.filter((entry) => entry.name.toLowerCase().includes(q.toLowerCase()));
            if (list.length === 0) {
              return (
                <EmptyState icon={<IconDatabase size={22} />} title={q ? 'No entry matches' : 'Nothing stored yet'} actions={q ? null : add}>
                  {q ? 'Try another word.' : 'Keep a licence key or a token here once, instead of in every script.'}
                </EmptyState>
              );
            }
            return (
              <DataTable
                label="Entries of the key store"
                rows={list}
                rowKey={(entry) => entry.id}
                columns={[
                  {
                    head: 'Name',
                    kind: 'lead',
                    cell: (entry) => (
                      <Link to="/settings/key-store/$entryId" params={{ entryId: String(entry.id) }}>
                        {entry.name}
                      </Link>
                    ),
                  },
                  { head: 'Value', cell: (entry) => <span className="mono">{shown ? entry.value : hidden}</span> },
                  { head: 'In scripts', kind: 'tight', cell: (entry) => <span className="mono">{`{{global.${entry.name}}}`}</span> },
                  { head: 'Changed', kind: 'tight', cell: (entry) => <When brief at={entry.modified_time ?? entry.created_time} /> },
                  {
                    head: 'Actions',
                    kind: 'tools',
                    cell: (entry) => (
                      <>
                        <Copy text={entry.value} what={`value of ${entry.name}`} />
                        {edit ? <RemoveEntry entry={entry} /> : null}
                      </>
                    ),
                  },
                ]}
              />
            );
          }}
        </Loaded>
      </Panel>
    </Page>
  );
}

interface RemoveEntryProps {
  entry: KeyStoreEntry;
  wide?: boolean;
  onRemoved?: () => void;
}

function RemoveEntry({ entry, wide, onRemoved }: RemoveEntryProps) {
  const api = useApi();
  return (
    <RemoveButton
      wide={wide}
      name={entry.name}
      action="Delete entry"
      question={`Scripts that use {{global.${entry.name}}} find nothing afterwards.`}
      done={`${entry.name} was deleted`}
      remove={() => keyStoreCalls.remove(api, entry.id)}
      stale={keyStoreKey}
      onRemoved={onRemoved}
    />
  );
}

const trail = <Link to="/settings/key-store">Key store</Link>;

export function NewEntryPage() {
  const navigate = useNavigate();
  const entries = useQuery(keyStoreQuery(useApi())).data ?? [];
  return (
    <Page title="New entry" trail={trail} narrow>
      <Needs right="can_edit_global_keystore">
        <EntryForm initial={{ name: '', value: '' }} taken={entries.map((entry) => entry.name)} onDone={() => void navigate({ to: '/settings/key-store' })} />
      </Needs>
    </Page>
  );
}

export function EntryPage() {
  const { entryId } = oneRoute.useParams();
  const navigate = useNavigate();
  const id = Number(entryId);
  const entries = useQuery({ ...keyStoreQuery(useApi()), refetchOnWindowFocus: false });
  const entry = entries.data?.find((each) => each.id === id);
  const edit = useCan()('can_edit_global_keystore');
  return (
    <Page
      title={entry?.name ?? 'Entry'}
      trail={trail}
      narrow
      actions={entry && edit ? <RemoveEntry wide entry={entry} onRemoved={() => void navigate({ to: '/settings/key-store', ignoreBlocker: true })} /> : undefined}
    >
      <Loaded query={entries} what="The entry" fresh>
        {(all) =>
          entry ? (
            <EntryForm key={id} entryId={id} initial={{ name: entry.name, value: entry.value }} taken={all.map((each) => each.name)} onDone={() => void navigate({ to: '/settings/key-store' })} />
          ) : (
            <EmptyState icon={<IconDatabase size={22} />} title="This entry is gone">
              Somebody deleted it.
            </EmptyState>
          )
        }
      </Loaded>
    </Page>
  );
}
