import { Button } from '@mantine/core';
import { IconAlertTriangle, IconKey, IconPlus } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { getRouteApi, Link, useNavigate } from '@tanstack/react-router';
import { useState } from 'react';
import type { ApiKey } from '@/api/admin-types';
import { useApi } from '@/api/context';
import { apiKeyCalls, apiKeyKeys, apiKeysQuery } from '@/api/queries/admin';
import { Badge } from '@/components/badge';
import { DataTable, Sub } from '@/components/data-table';
import { parseDate } from '@/components/format';
import { Loaded } from '@/components/loaded';
import { Page, Panel } from '@/components/page';
import { RemoveButton } from '@/components/remove-button';
import { EmptyState } from '@/components/states';
import { When } from '@/components/when';
import { useNow } from '@/components/use-now';
import { useCan } from '@/modules/account-rights';
import { Needs } from '@/modules/needs';
import { inThreeMonths, KeyForm } from '@/modules/keys/key-form';
import { MadeKey } from '@/modules/keys/made-key';

const oneRoute = getRouteApi('/shell/settings/api-keys/$keyId');

export function ApiKeysPage() {
  const keys = useQuery(apiKeysQuery(useApi()));
  const manage = useCan()('can_manage_api_keys');
  const add = manage ? (
    <Button component={Link} to="/settings/api-keys/new" leftSection={<IconPlus size={16} />}>
      New key
    </Button>
  ) : null;
  return (
    <Page title="API keys" lead="For scripts and programs. A key acts as its user and is shown once, when it is made." actions={add}>
      <Panel flush label="API keys">
        <Loaded query={keys} what="API keys">
          {(list) =>
            list.length === 0 ? (
              <EmptyState icon={<IconKey size={22} />} title="No API keys yet" actions={add}>
                Make one for each program, so that one can be ended without the others.
              </EmptyState>
            ) : (
              <DataTable
                label="API keys"
                rows={list}
                rowKey={(key) => key.id}
                columns={[
                  {
                    head: 'Name',
                    kind: 'lead',
                    cell: (key) => (
                      <>
                        <Link to="/settings/api-keys/$keyId" params={{ keyId: String(key.id) }}>
                          {key.name}
                        </Link>
                        <Sub>Made by {key.created_by ?? 'an administrator'}</Sub>
                      </>
                    ),
                  },
                  { head: 'Acts as', cell: (key) => key.username },
                  { head: 'Made', cell: (key) => <When at={key.created_time} brief /> },
                  { head: 'Expires', cell: (key) => <Expiry at={key.expiration} /> },
                  {
                    head: 'Actions',
                    kind: 'tools',
                    cell: (key) => (manage ? <RemoveKey apiKey={key} /> : null),
                  },
                ]}
              />
            )
          }
        </Loaded>
      </Panel>
    </Page>
  );
}

interface RemoveKeyProps {
  apiKey: Pick<ApiKey, 'id' | 'name'>;
  wide?: boolean;
  onRemoved?: () => void;
}

function RemoveKey({ apiKey, wide, onRemoved }: RemoveKeyProps) {
  const api = useApi();
  return (
    <RemoveButton
      wide={wide}
      name={apiKey.name}
      action="Delete key"
      question={`Programs that use “${apiKey.name}” are refused at once.`}
      done={`The key ${apiKey.name} was deleted`}
      remove={() => apiKeyCalls.remove(api, apiKey.id)}
      stale={apiKeyKeys.all}
      onRemoved={onRemoved}
    />
  );
}

const trail = <Link to="/settings/api-keys">API keys</Link>;

function Expiry({ at }: { at: string | null }) {
  const now = useNow();
  const date = parseDate(at);
  if (date && date.getTime() < now) {
    return (
      <Badge tone="bad" icon={<IconAlertTriangle size={15} />}>
        Expired
      </Badge>
    );
  }
  return <When at={at} none="never" brief />;
}

export function NewApiKeyPage() {
  const navigate = useNavigate();
  const [made, setMade] = useState<ApiKey | null>(null);
  const [initial] = useState(() => ({ name: '', user: null, expiration: inThreeMonths(Date.now()) }));
  const done = () => void navigate({ to: '/settings/api-keys' });
  return (
    <Page title="New API key" trail={trail} narrow>
      <Needs right="can_manage_api_keys">
        {made ? <MadeKey made={made} onDone={done} /> : <KeyForm initial={initial} onMade={setMade} onDone={done} />}
      </Needs>
    </Page>
  );
}

export function ApiKeyPage() {
  const { keyId } = oneRoute.useParams();
  const navigate = useNavigate();
  const keys = useQuery({ ...apiKeysQuery(useApi()), refetchOnWindowFocus: false });
  const id = Number(keyId);
  const found = keys.data?.find((key) => key.id === id);
  const manage = useCan()('can_manage_api_keys');
  const done = () => void navigate({ to: '/settings/api-keys' });
  return (
    <Page
      title={found?.name ?? 'API key'}
      trail={trail}
      narrow
      actions={found && manage ? <RemoveKey wide apiKey={found} onRemoved={() => void navigate({ to: '/settings/api-keys', ignoreBlocker: true })} /> : undefined}
    >
      <Loaded query={keys} fresh what="The key">
        {() =>
          found ? (
            <KeyForm key={id} keyId={id} initial={{ name: found.name, user: found.user, expiration: found.expiration }} owner={{ id: found.user, username: found.username }} onMade={done} onDone={done} />
          ) : (
            <EmptyState icon={<IconKey size={22} />} title="This key is gone">
              Somebody deleted it.
            </EmptyState>
          )
        }
      </Loaded>
    </Page>
  );
}
