import { Alert, Button, Group, NumberInput, Select, SimpleGrid, Stack, Switch, TextInput } from '@mantine/core';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import type { CustomField } from '@/api/admin-types';
import { useApi } from '@/api/context';
import { ApiError, messageOf } from '@/api/errors';
import { agentCalls, agentDetailQuery, agentKeys, type AgentEdit } from '@/api/queries/agents';
import { treeKey, treeQuery } from '@/api/queries/tree';
import type { AgentDetail, Tree } from '@/api/types';
import { notifyDone } from '@/components/notify';
import { Panel } from '@/components/page';
import { ErrorState, RowsSkeleton } from '@/components/states';
import { useUnsaved } from '@/components/unsaved';
import { useFields } from '../custom-fields/use-fields';
import { ValueFields } from '../custom-fields/value-fields';
import { inputsOf, missing, valuesOf, type Values } from '../custom-fields/values';

const serverZone = '';

export function AgentSettings({ id }: { id: string }) {
  const api = useApi();
  const detail = useQuery(agentDetailQuery(api, id));
  const tree = useQuery(treeQuery(api));
  const fields = useFields('agent');
  if (detail.isPending || tree.isPending || !fields) return <RowsSkeleton label="Loading settings" />;
  if (detail.isError) return <ErrorState title="Settings could not be loaded" error={detail.error} onRetry={() => void detail.refetch()} />;
  if (tree.isError) return <ErrorState title="Sites could not be loaded" error={tree.error} onRetry={() => void tree.refetch()} />;
  return <SettingsForm id={id} detail={detail.data} tree={tree.data} fields={fields.filter((field) => !field.hide_in_ui)} />;
}

interface SettingsFormProps {
  id: string;
  detail: AgentDetail;
  tree: Tree;
  fields: CustomField[];
}

function SettingsForm({ id, detail, tree, fields: customFields }: SettingsFormProps) {
  const api = useApi();
  const client = useQueryClient();
  const [edit, setEdit] = useState<AgentEdit>({});
  const value = <K extends keyof AgentEdit & keyof AgentDetail>(key: K): AgentDetail[K] => (edit[key] ?? detail[key]) as AgentDetail[K];
  const set = <K extends keyof AgentEdit>(key: K, next: AgentEdit[K]) => setEdit((present) => ({ ...present, [key]: next }));
  const [edited, setEdited] = useState<Values>({});
  const stored = valuesOf(customFields, detail.custom_fields);
  const values = { ...stored, ...edited };
  const inputs = inputsOf(customFields, stored, values);
  const lacking = missing(customFields, values);
  const zone = edit.time_zone !== undefined ? edit.time_zone : detail.time_zone;

  const save = useMutation({
    mutationFn: () => agentCalls.edit(api, id, inputs.length > 0 ? { ...edit, custom_fields: inputs } : edit),
    onSuccess: async (said) => {
      notifyDone(said);
      await Promise.all([client.invalidateQueries({ queryKey: agentKeys.all }), client.invalidateQueries({ queryKey: treeKey })]);
      undo();
    },
  });
  const fields = save.error instanceof ApiError ? save.error.fields : {};
  const changed = Object.keys(edit).length > 0 || inputs.length > 0;
  const [tried, setTried] = useState(false);
  const guard = useUnsaved({ changed, what: 'this agent' });
  const undo = () => {
    setEdit({});
    setEdited({});
    setTried(false);
  };

  return (
    <form
      noValidate
      onSubmit={(event) => {
        event.preventDefault();
        setTried(true);
        if (lacking.length === 0) save.mutate();
      }}
    >
      <Stack maw={760}>
        <Panel title="Placement">
          <Stack>
            <TextInput
              label="Description"
              maxLength={255}
              value={value('description') ?? ''}
              error={fields.description}
              onChange={(event) => set('description', event.currentTarget.value)}
            />
            <SimpleGrid cols={{ base: 1, xs: 2 }}>
              <Select
                label="Site"
                searchable
                error={fields.site}
                value={String(value('site'))}
                data={tree.clients.map((each) => ({ group: each.name, items: each.sites.map((site) => ({ value: String(site.id), label: site.name })) }))}
                onChange={(site) => set('site', Number(site))}
              />
              <Select
                label="Type"
                error={fields.monitoring_type}
                value={value('monitoring_type')}
                data={[
                  { value: 'server', label: 'Server' },
                  { value: 'workstation', label: 'Workstation' },
                ]}
                onChange={(type) => set('monitoring_type', (type ?? 'server'))}
              />
            </SimpleGrid>
          </Stack>
        </Panel>
        <Panel title="Watching">
          <Stack>
            <SimpleGrid cols={{ base: 1, xs: 3 }}>
              <NumberInput label="Run checks every" suffix=" s" min={15} max={86_400} error={fields.check_interval} value={value('check_interval')} onChange={(next) => set('check_interval', Number(next) || detail.check_interval)} />
              <NumberInput label="Offline after" suffix=" min" min={2} max={9999} error={fields.offline_time} value={value('offline_time')} onChange={(next) => set('offline_time', Number(next) || detail.offline_time)} />
              <NumberInput label="Overdue after" suffix=" min" min={3} max={9999} error={fields.overdue_time} value={value('overdue_time')} onChange={(next) => set('overdue_time', Number(next) || detail.overdue_time)} />
            </SimpleGrid>
            <Select
              label="Time zone"
              searchable
              error={fields.time_zone}
              value={zone ?? serverZone}
              data={[{ value: serverZone, label: `As the server (${detail.timezone})` }, ...detail.all_timezones.map((name) => ({ value: name, label: name }))]}
              onChange={(next) => set('time_zone', next === serverZone ? null : next)}
            />
            <Switch
              label="Maintenance"
              description="No alerts are raised while this is on"
              checked={value('maintenance_mode')}
              onChange={(event) => set('maintenance_mode', event.currentTarget.checked)}
            />
          </Stack>
        </Panel>
        <Panel title="When it is overdue">
          <Stack>
            <Switch label="Show an alert" checked={value('overdue_dashboard_alert')} onChange={(event) => set('overdue_dashboard_alert', event.currentTarget.checked)} />
            <Switch label="Send an e-mail" checked={value('overdue_email_alert')} onChange={(event) => set('overdue_email_alert', event.currentTarget.checked)} />
            <Switch label="Send a text message" checked={value('overdue_text_alert')} onChange={(event) => set('overdue_text_alert', event.currentTarget.checked)} />
          </Stack>
        </Panel>
        {customFields.length > 0 ? (
          <Panel title="Custom fields">
            <SimpleGrid cols={{ base: 1, xs: 2 }}>
              <ValueFields fields={customFields} values={values} tried={tried} onChange={(field, next) => setEdited((present) => ({ ...present, [field]: next }))} />
            </SimpleGrid>
          </Panel>
        ) : null}
        {save.isError ? (
          <Alert color="red" role="alert">
            {messageOf(save.error)}
          </Alert>
        ) : null}
        <Group>
          <Button type="submit" loading={save.isPending} disabled={!changed}>
            Save settings
          </Button>
          <Button variant="default" disabled={!changed} onClick={undo}>
            Undo changes
          </Button>
        </Group>
      </Stack>
      {guard.dialog}
    </form>
  );
}
