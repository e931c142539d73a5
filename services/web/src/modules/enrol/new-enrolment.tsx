import { Alert, Button, Select, SegmentedControl, SimpleGrid, Stack, Text } from '@mantine/core';
import { useMutation, useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useState } from 'react';
import { useApi } from '@/api/context';
import { messageOf } from '@/api/errors';
import { enrolmentCalls } from '@/api/queries/enrolments';
import { treeQuery } from '@/api/queries/tree';
import type { EnrolmentCreated, GoArch, MonitoringType, Plat, Tree } from '@/api/types';
import { Panel } from '@/components/page';
import { EmptyState, ErrorState, RowsSkeleton } from '@/components/states';
import { IconBuilding } from '@tabler/icons-react';

const arches: Record<Plat, { value: GoArch; label: string }[]> = {
  linux: [
    { value: 'amd64', label: '64-bit Intel or AMD' },
    { value: 'arm64', label: '64-bit ARM' },
  ],
  windows: [
    { value: 'amd64', label: '64-bit' },
    { value: '386', label: '32-bit' },
  ],
  darwin: [
    { value: 'arm64', label: 'Apple silicon' },
    { value: 'amd64', label: 'Intel' },
  ],
};

const lifetimes = [
  { value: '1', label: 'One hour' },
  { value: '24', label: 'One day' },
  { value: '168', label: 'One week' },
  { value: '720', label: '30 days' },
];

interface NewEnrolmentProps {
  client: number | undefined;
  site: number | undefined;
  onCreated: (created: EnrolmentCreated) => void;
}

export function NewEnrolment({ client, site, onCreated }: NewEnrolmentProps) {
  const tree = useQuery(treeQuery(useApi()));
  if (tree.isPending) return <RowsSkeleton label="Loading clients" />;
  if (tree.isError) return <ErrorState title="Clients could not be loaded" error={tree.error} onRetry={() => void tree.refetch()} />;
  if (tree.data.clients.length === 0) {
    return (
      <EmptyState
        icon={<IconBuilding size={22} />}
        title="First, a client"
        actions={
          <Button component={Link} to="/agents">
            Add the first client
          </Button>
        }
      >
        Each machine belongs to a site of a client.
      </EmptyState>
    );
  }
  return <EnrolmentForm tree={tree.data} preset={presetOf(tree.data, client, site)} onCreated={onCreated} />;
}

interface Preset {
  client: number;
  site: number;
}

function presetOf(tree: Tree, client: number | undefined, site: number | undefined): Preset | null {
  const owner = tree.clients.find((each) => each.sites.some((one) => one.id === site));
  if (owner && site !== undefined) return { client: owner.id, site };
  const chosen = tree.clients.find((each) => each.id === client) ?? (tree.clients.length === 1 ? tree.clients[0] : undefined);
  const first = chosen?.sites[0];
  return chosen && first ? { client: chosen.id, site: first.id } : null;
}

interface EnrolmentFormProps {
  tree: Tree;
  preset: Preset | null;
  onCreated: (created: EnrolmentCreated) => void;
}

function EnrolmentForm({ tree, preset, onCreated }: EnrolmentFormProps) {
  const api = useApi();
  const [site, setSite] = useState<number | null>(preset?.site ?? null);
  const [type, setType] = useState<MonitoringType>('server');
  const [plat, setPlat] = useState<Plat>('linux');
  const [arch, setArch] = useState<GoArch>('amd64');
  const [hours, setHours] = useState('24');
  const owner = tree.clients.find((each) => each.sites.some((one) => one.id === site));
  const create = useMutation({
    mutationFn: () => {
      if (!owner || site === null) throw new Error('Choose a site.');
      return enrolmentCalls.create(api, { client: owner.id, site, monitoring_type: type, plat, goarch: arch, expires_hours: Number(hours) });
    },
    onSuccess: onCreated,
  });
  return (
    <Panel label="What is added">
      <form
        onSubmit={(event) => {
          event.preventDefault();
          create.mutate();
        }}
      >
        <Stack>
          <Select
            label="Site"
            placeholder="Choose a site"
            required
            searchable
            value={site === null ? null : String(site)}
            data={tree.clients.map((each) => ({ group: each.name, items: each.sites.map((one) => ({ value: String(one.id), label: tree.clients.length > 1 ? `${one.name} (${each.name})` : one.name })) }))}
            onChange={(value) => setSite(value === null ? null : Number(value))}
          />
          <div>
            <Text className="label" mb={6} id="system">
              Operating system
            </Text>
            <SegmentedControl
              aria-labelledby="system"
              value={plat}
              onChange={(value) => {
                const next = value;
                setPlat(next);
                setArch(arches[next][0]?.value ?? 'amd64');
              }}
              data={[
                { value: 'linux', label: 'Linux' },
                { value: 'windows', label: 'Windows' },
                { value: 'darwin', label: 'macOS' },
              ]}
            />
          </div>
          <SimpleGrid cols={{ base: 1, xs: 3 }}>
            <Select label="Processor" value={arch} data={arches[plat]} onChange={(value) => setArch((value ?? 'amd64'))} />
            <Select
              label="Type"
              value={type}
              data={[
                { value: 'server', label: 'Server' },
                { value: 'workstation', label: 'Workstation' },
              ]}
              onChange={(value) => setType((value ?? 'server'))}
            />
            <Select label="The command is valid for" value={hours} data={lifetimes} onChange={(value) => setHours(value ?? '24')} />
          </SimpleGrid>
          {create.isError ? (
            <Alert color="red" role="alert">
              {messageOf(create.error)}
            </Alert>
          ) : null}
          <div>
            <Button type="submit" loading={create.isPending} disabled={site === null}>
              Show the command
            </Button>
          </div>
        </Stack>
      </form>
    </Panel>
  );
}
