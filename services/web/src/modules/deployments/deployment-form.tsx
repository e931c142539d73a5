import { Checkbox, Group, Select, SimpleGrid, Stack } from '@mantine/core';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import type { DeploymentInput } from '@/api/admin-types';
import { useApi } from '@/api/context';
import { deploymentCalls, deploymentsKey, deploymentsQuery } from '@/api/queries/places';
import { treeQuery } from '@/api/queries/tree';
import { DateTimeField } from '@/components/date-time-field';
import { useDraft } from '@/components/draft';
import { Form } from '@/components/form';
import { notifyDone } from '@/components/notify';
import { Panel } from '@/components/page';

const month = 30 * 24 * 3600_000;

type Draft = Omit<DeploymentInput, 'site'> & { site: number | null };

/** A moment as the interface wants it: with an offset and without fractions of seconds. */
export function wireTime(iso: string): string {
  return new Date(iso).toISOString().replace(/\.\d+Z$/, 'Z');
}

interface DeploymentFormProps {
  /** Gets what was made, where it can be told which one that is. */
  onDone: (made?: number) => void;
}

export function DeploymentForm({ onDone }: DeploymentFormProps) {
  const api = useApi();
  const client = useQueryClient();
  const tree = useQuery(treeQuery(api)).data;
  const [initial] = useState<Draft>(() => ({
    site: null, expires: wireTime(new Date(Date.now() + month).toISOString()), agenttype: 'workstation', goarch: 'amd64', power: false, rdp: false, ping: false,
  })); // prettier-ignore
  const { draft, set, changed } = useDraft(initial);
  const newest = async () => {
    const list = await client.query(deploymentsQuery(api)).catch(() => []);
    return list[0]?.site_id === draft.site ? list[0].id : undefined;
  };
  const past = new Date(draft.expires).getTime() <= new Date(initial.expires).getTime() - month;
  return (
    <Form
      what="this deployment"
      action="Make link"
      changed={changed}
      complete={draft.site !== null && !past}
      save={() => deploymentCalls.add(api, { ...draft, site: draft.site ?? 0 })}
      onSaved={async (said) => {
        notifyDone(said);
        // The answer does not name what was made: it is the newest of the list.
        await client.invalidateQueries({ queryKey: deploymentsKey });
        onDone(await newest());
      }}
      onCancel={() => onDone()}
    >
      {(fields, tried) => (
        <Panel label="Deployment">
          <Stack>
            <SimpleGrid cols={{ base: 1, xs: 2 }}>
              <Select
                label="Site"
                required
                searchable
                placeholder="Where the machines go"
                data={tree?.clients.map((each) => ({ group: each.name, items: each.sites.map((site) => ({ value: String(site.id), label: site.name })) })) ?? []}
                value={draft.site === null ? null : String(draft.site)}
                error={fields.site ?? (tried && draft.site === null ? 'Choose a site.' : undefined)}
                onChange={(site) => set('site', site ? Number(site) : null)}
              />
              <DateTimeField label="Expires on" required value={draft.expires} error={fields.expires ?? (past ? 'This is in the past.' : undefined)} onChange={(value) => set('expires', wireTime(value))} />
              <Select
                label="Type"
                data={[
                  { value: 'workstation', label: 'Workstations' },
                  { value: 'server', label: 'Servers' },
                ]}
                value={draft.agenttype}
                onChange={(type) => set('agenttype', type ?? 'workstation')}
              />
              <Select
                label="Processor"
                data={[
                  { value: 'amd64', label: '64 bit' },
                  { value: '386', label: '32 bit' },
                  { value: 'arm64', label: 'ARM, 64 bit' },
                ]}
                value={draft.goarch}
                onChange={(arch) => set('goarch', arch ?? 'amd64')}
              />
            </SimpleGrid>
            <Group gap="lg">
              <Checkbox label="Allow remote desktop" checked={draft.rdp} onChange={(event) => set('rdp', event.currentTarget.checked)} />
              <Checkbox label="Allow ping" checked={draft.ping} onChange={(event) => set('ping', event.currentTarget.checked)} />
              <Checkbox label="Switch off sleep" checked={draft.power} onChange={(event) => set('power', event.currentTarget.checked)} />
            </Group>
          </Stack>
        </Panel>
      )}
    </Form>
  );
}
