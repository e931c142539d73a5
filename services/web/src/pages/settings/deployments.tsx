import { Alert, Button, Stack } from '@mantine/core';
import { IconAlertTriangle, IconInfoCircle, IconPackageExport, IconPlus } from '@tabler/icons-react';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { Link, useNavigate } from '@tanstack/react-router';
import type { Deployment } from '@/api/admin-types';
import { useApi } from '@/api/context';
import { deploymentCalls, deploymentsKey, deploymentsQuery } from '@/api/queries/places';
import { Badge } from '@/components/badge';
import { Copy } from '@/components/copy';
import { DataTable, Sub } from '@/components/data-table';
import { parseDate } from '@/components/format';
import { Loaded } from '@/components/loaded';
import { Page, Panel } from '@/components/page';
import { RemoveButton } from '@/components/remove-button';
import { EmptyState } from '@/components/states';
import { useNow } from '@/components/use-now';
import { When } from '@/components/when';
import { useCan } from '@/modules/account-rights';
import { DeploymentForm } from '@/modules/deployments/deployment-form';

const flagWords = { rdp: 'remote desktop', ping: 'ping', power: 'no sleep' } as const;

export function DeploymentsPage() {
  const api = useApi();
  const client = useQueryClient();
  const deployments = useQuery(deploymentsQuery(api));
  const manage = useCan()('can_manage_deployments');
  const add = manage ? (
    <Button component={Link} to="/settings/deployments/new" leftSection={<IconPlus size={16} />}>
      New deployment
    </Button>
  ) : null;
  return (
    <Page title="Deployments" lead="Links that install the agent for a site, until they expire." actions={add}>
      <Stack>
        <Note />
        <Panel flush label="Deployments">
          <Loaded query={deployments} what="Deployments">
            {(list) =>
              list.length === 0 ? (
                <EmptyState icon={<IconPackageExport size={22} />} title="No deployments yet" actions={add}>
                  A link can be sent, or given to a software distribution.
                </EmptyState>
              ) : (
                <DataTable
                  label="Deployments"
                  rows={list}
                  rowKey={(deployment) => deployment.id}
                  columns={[
                    {
                      head: 'For',
                      kind: 'lead',
                      cell: (deployment) => (
                        <>
                          <span style={{ fontWeight: 550 }}>{deployment.client_name}</span>
                          <Sub>{deployment.site_name}</Sub>
                        </>
                      ),
                    },
                    { head: 'Type', cell: (deployment) => `${deployment.mon_type === 'server' ? 'Servers' : 'Workstations'}, ${deployment.goarch}` },
                    { head: 'Also', cell: flagsOf },
                    { head: 'Made', cell: (deployment) => <When at={deployment.created} /> },
                    { head: 'Expires', cell: (deployment) => <Expiry at={deployment.expiry} /> },
                    {
                      head: 'Actions',
                      kind: 'tools',
                      cell: (deployment) => (
                        <>
                          <Copy text={linkOf(deployment)} what={`link for ${deployment.site_name}`} />
                          {manage ? (
                            <RemoveButton
                              name={`the link for ${deployment.site_name}`}
                              action="Delete link"
                              question={`Machines can no longer be added with this link for ${deployment.site_name}.`}
                              done="The deployment was deleted"
                              remove={() => deploymentCalls.remove(api, deployment.id)}
                              onRemoved={() => client.invalidateQueries({ queryKey: deploymentsKey })}
                            />
                          ) : null}
                        </>
                      ),
                    },
                  ]}
                />
              )
            }
          </Loaded>
        </Panel>
      </Stack>
    </Page>
  );
}

function Note() {
  return (
    <Alert color="blue" variant="light" icon={<IconInfoCircle size={18} />}>
      A link stands for a Windows installer, which this server cannot build yet: it answers with what to do instead. Linux, macOS and Windows machines are added now with{' '}
      <Link to="/add-agent">a command to paste</Link>.
    </Alert>
  );
}

function Expiry({ at }: { at: string | null }) {
  const now = useNow();
  const date = parseDate(at);
  if (date && date.getTime() < now) {
    return (
      <Badge tone="off" icon={<IconAlertTriangle size={15} />}>
        Expired
      </Badge>
    );
  }
  return <When at={at} none="never" />;
}

function flagsOf(deployment: Deployment): string | null {
  const chosen = (Object.keys(flagWords) as (keyof typeof flagWords)[]).filter((flag) => deployment.install_flags[flag]);
  return chosen.map((flag) => flagWords[flag]).join(', ') || null;
}

function linkOf(deployment: Deployment): string {
  return `${window.location.origin}/clients/${deployment.uid}/deploy/`;
}

export function NewDeploymentPage() {
  const navigate = useNavigate();
  return (
    <Page title="New deployment" narrow>
      <DeploymentForm onDone={() => void navigate({ to: '/settings/deployments' })} />
    </Page>
  );
}
