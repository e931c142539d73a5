import { Alert, Button, Stack, TextInput } from '@mantine/core';
import { IconBuilding } from '@tabler/icons-react';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { useState } from 'react';
import { useApi } from '@/api/context';
import { messageOf } from '@/api/errors';
import { clientCalls, treeKey } from '@/api/queries/tree';
import { PageTitle, Panel } from '@/components/page';
import { useCan } from '../account-rights';
import { EmptyState } from '@/components/states';

/** An empty installation: name the first client and site, then add a machine. */
export function FirstClient() {
  const api = useApi();
  const client = useQueryClient();
  const navigate = useNavigate();
  const can = useCan();
  const [name, setName] = useState('');
  const [site, setSite] = useState('');
  const add = useMutation({
    mutationFn: () => clientCalls.add(api, name.trim(), site.trim()),
    onSuccess: async () => {
      await navigate({ to: '/add-agent' });
      await client.invalidateQueries({ queryKey: treeKey });
    },
  });
  if (!can('can_manage_clients')) {
    return (
      <EmptyState icon={<IconBuilding size={22} />} title="There are no clients yet">
        Ask an administrator to add the first client, or to give you access to one.
      </EmptyState>
    );
  }
  return (
    <div style={{ maxWidth: 480, margin: '0 auto', padding: '8vh 20px' }}>
      <Stack>
        <div>
          <PageTitle>Welcome. Whom do you look after?</PageTitle>
          <p className="muted" style={{ margin: '6px 0 0' }}>
            Machines belong to a site, and sites to a client: a customer, or a part of your own company. You can add more and rename them at any time.
          </p>
        </div>
        <Panel label="First client and site">
          <form
            onSubmit={(event) => {
              event.preventDefault();
              if (name.trim() && site.trim()) add.mutate();
            }}
          >
            <Stack>
              <TextInput label="First client" placeholder="Example Ltd" required data-autofocus maxLength={255} value={name} onChange={(event) => setName(event.currentTarget.value)} />
              <TextInput label="First site" placeholder="Head office" required maxLength={255} value={site} onChange={(event) => setSite(event.currentTarget.value)} />
              {add.isError ? (
                <Alert color="red" role="alert">
                  {messageOf(add.error)}
                </Alert>
              ) : null}
              <Button type="submit" loading={add.isPending} disabled={!name.trim() || !site.trim()}>
                Continue
              </Button>
            </Stack>
          </form>
        </Panel>
      </Stack>
    </div>
  );
}
