import { Button, SegmentedControl, Stack, Text } from '@mantine/core';
import { IconClockExclamation, IconPackageExport, IconPlus } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { getRouteApi, Link, useNavigate } from '@tanstack/react-router';
import type { Deployment } from '@/api/admin-types';
import { useApi } from '@/api/context';
import { deploymentCalls, deploymentsKey, deploymentsQuery } from '@/api/queries/places';
import { Badge } from '@/components/badge';
import { Copy } from '@/components/copy';
import { DataTable, Sub } from '@/components/data-table';
import { Facts } from '@/components/facts';
import { FilterInput } from '@/components/filter-input';
import { dayTime, distance, parseDate } from '@/components/format';
import { Loaded } from '@/components/loaded';
import { Output } from '@/components/output';
import { Page, Panel } from '@/components/page';
import { RemoveButton } from '@/components/remove-button';
import { EmptyState } from '@/components/states';
import { useNow } from '@/components/use-now';
import { When } from '@/components/when';
import { useCan } from '@/modules/account-rights';
import { Needs } from '@/modules/needs';
import { DeploymentForm } from '@/modules/deployments/deployment-form';
import { commandOf, flagsOf } from '@/modules/deployments/link';

const listRoute = getRouteApi('/shell/settings/deployments');
const oneRoute = getRouteApi('/shell/settings/deployments/$deploymentId');

export function DeploymentsPage() {
  const deployments = useQuery(deploymentsQuery(useApi()));
  const manage = useCan()('can_manage_deployments');
  const { q = '' } = listRoute.useSearch();
  const navigate = listRoute.useNavigate();
  const add = manage ? (
    <Button component={Link} to="/settings/deployments/new" leftSection={<IconPlus size={16} />}>
      New deployment
    </Button>
  ) : null;
  return (
    <Page title="Deployments" lead="Links that install the agent for a site, until they expire." actions={add}>
      <Panel
        flush
        label="Deployments"
        title={<FilterInput label="Filter by client or site" value={q} onChange={(value) => void navigate({ search: { q: value || undefined }, replace: true })} />}
      >
        <Loaded query={deployments} what="Deployments">
          {(all) => {
            const list = all.filter((each) => `${each.client_name}\n${each.site_name}`.toLowerCase().includes(q.trim().toLowerCase()));
            if (list.length > 0) return <DeploymentTable list={list} />;
            return (
              <EmptyState icon={<IconPackageExport size={22} />} title={q ? 'No deployment matches' : 'No deployments yet'} actions={q ? null : add}>
                {q ? 'Try another word.' : 'One command for many machines: send it, or give it to your software distribution.'}
              </EmptyState>
            );
          }}
        </Loaded>
      </Panel>
    </Page>
  );
}

function DeploymentTable({ list }: { list: Deployment[] }) {
  return (
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
              <Link to="/settings/deployments/$deploymentId" params={{ deploymentId: String(deployment.id) }}>
                {deployment.client_name}
              </Link>
              <Sub>{deployment.site_name}</Sub>
            </>
          ),
        },
        { head: 'Type', kind: 'tight', cell: typeOf },
        { head: 'Expires', kind: 'tight', cell: (deployment) => <Expiry at={deployment.expiry} /> },
        {
          head: 'Actions',
          kind: 'tools',
          cell: (deployment) => (
            <>
              <Copy text={commandOf(deployment, 'linux', window.location.origin)} what={`Linux command for ${deployment.client_name}, ${deployment.site_name}`} />
              <Remove deployment={deployment} />
            </>
          ),
        },
      ]}
    />
  );
}

function typeOf(deployment: Deployment): string {
  return `${deployment.mon_type === 'server' ? 'Servers' : 'Workstations'}, ${deployment.goarch}`;
}

interface RemoveProps {
  deployment: Deployment;
  wide?: boolean;
  onRemoved?: () => void;
}

function Remove({ deployment, wide, onRemoved }: RemoveProps) {
  const api = useApi();
  if (!useCan()('can_manage_deployments')) return null;
  return (
    <RemoveButton
      wide={wide}
      name={`the link for ${deployment.client_name}, ${deployment.site_name}`}
      action="Delete link"
      question={`No more machines can be added with this link for ${deployment.client_name}, ${deployment.site_name}. Those that came by it stay.`}
      done="The deployment was deleted"
      remove={() => deploymentCalls.remove(api, deployment.id)}
      stale={deploymentsKey}
      onRemoved={onRemoved}
    />
  );
}

/** When a link ends, as a distance: that is what decides whether it still serves. */
function Expiry({ at }: { at: string | null }) {
  const now = useNow();
  const date = parseDate(at);
  if (!date) return <span className="muted">never</span>;
  if (date.getTime() <= now) {
    return (
      <Badge tone="off" icon={<IconClockExclamation size={15} />} title={dayTime(date)}>
        Expired
      </Badge>
    );
  }
  return (
    <time dateTime={date.toISOString()} title={dayTime(date)}>
      {distance(date, new Date(now))}
    </time>
  );
}

export function DeploymentPage() {
  const { deploymentId } = oneRoute.useParams();
  const navigate = useNavigate();
  const deployments = useQuery(deploymentsQuery(useApi()));
  const deployment = deployments.data?.find((each) => each.id === Number(deploymentId));
  return (
    <Page
      title={deployment ? `${deployment.client_name}, ${deployment.site_name}` : 'Deployment'}
      trail={<Link to="/settings/deployments">Deployments</Link>}
      narrow
      actions={deployment ? <Remove wide deployment={deployment} onRemoved={() => void navigate({ to: '/settings/deployments', ignoreBlocker: true })} /> : undefined}
    >
      <Loaded query={deployments} what="The deployment">
        {() =>
          deployment ? (
            <Stack>
              <Command deployment={deployment} />
              <Panel title="What it installs">
                <Facts
                  items={[
                    ['Type', typeOf(deployment)],
                    ['Also', flagsOf(deployment)],
                    ['Expires', <Expiry key="in" at={deployment.expiry} />],
                    ['Expires on', <When key="on" brief at={deployment.expiry} none="never" />],
                    ['Made', <When key="made" brief at={deployment.created} />],
                  ]}
                />
              </Panel>
            </Stack>
          ) : (
            <EmptyState icon={<IconPackageExport size={22} />} title="This deployment is gone">
              It expired, or somebody deleted it.
            </EmptyState>
          )
        }
      </Loaded>
    </Page>
  );
}

function Command({ deployment }: { deployment: Deployment }) {
  const { os = 'linux' } = oneRoute.useSearch();
  const navigate = oneRoute.useNavigate();
  const command = commandOf(deployment, os, window.location.origin);
  const expired = (parseDate(deployment.expiry)?.getTime() ?? Infinity) <= useNow();
  return (
    <Panel
      title="Command"
      actions={
        <SegmentedControl
          size="xs"
          aria-label="Operating system"
          data={[
            { value: 'linux', label: 'Linux' },
            { value: 'windows', label: 'Windows' },
          ]}
          value={os}
          onChange={(next) => void navigate({ search: { os: next === 'windows' ? next : undefined }, replace: true })}
        />
      }
    >
      {expired ? (
        <p className="muted" style={{ margin: 0 }}>
          This link has expired: its command is refused.
        </p>
      ) : (
        <Stack gap="sm">
          <Text size="sm">
            {os === 'linux' ? 'Paste this into a terminal on each machine.' : 'Paste this into a PowerShell that runs as administrator. The server must have been given a Windows package of the agent.'}
          </Text>
          <Output label={os === 'linux' ? 'Shell' : 'PowerShell'} text={command} />
          <Copy wide text={command} what="command" />
        </Stack>
      )}
    </Panel>
  );
}

export function NewDeploymentPage() {
  const navigate = useNavigate();
  return (
    <Page title="New deployment" trail={<Link to="/settings/deployments">Deployments</Link>} narrow>
      <Needs right="can_manage_deployments">
        <DeploymentForm onDone={(made) => void navigate(made === undefined ? { to: '/settings/deployments' } : { to: '/settings/deployments/$deploymentId', params: { deploymentId: String(made) } })} />
      </Needs>
    </Page>
  );
}
