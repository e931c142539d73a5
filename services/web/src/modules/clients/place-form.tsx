import { Select, SimpleGrid, Stack, Switch } from '@mantine/core';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useState, type ReactNode } from 'react';
import type { CustomField, PlaceInput, StoredValue, ValueInput } from '@/api/admin-types';
import { useApi } from '@/api/context';
import { policiesQuery } from '@/api/queries/admin';
import { placeKeys } from '@/api/queries/places';
import { treeKey } from '@/api/queries/tree';
import { useDraft } from '@/components/draft';
import { Form } from '@/components/form';
import { NameField } from '@/components/name-field';
import { notifyDone } from '@/components/notify';
import { Panel } from '@/components/page';
import { useCan } from '../account-rights';
import { ValueFields } from '../custom-fields/value-fields';
import { inputsOf, missing, valuesOf } from '../custom-fields/values';

export const emptyPlace: PlaceInput = { name: '', block_policy_inheritance: false, server_policy: null, workstation_policy: null };

interface PlaceFormProps {
  /** `this client` or `this site`. */
  what: string;
  action: string;
  initial: PlaceInput;
  fields: CustomField[];
  stored: StoredValue[];
  /** For who may look but not change. */
  readOnly?: boolean;
  /** Something else of the form that has to be filled in, and whether it was touched. */
  also?: { complete: boolean; changed: boolean; render: (tried: boolean) => ReactNode };
  /** What "nearer" policies come from: `the installation`, `the client`. */
  above: string;
  save: (place: PlaceInput, values: ValueInput[]) => Promise<string>;
  onDone: () => void;
}

/** The form of a client or a site: name, policies, custom fields. */
export function PlaceForm({ what, action, initial, fields, stored, readOnly, also, above, save, onDone }: PlaceFormProps) {
  const queries = useQueryClient();
  const can = useCan();
  const policies = useQuery({ ...policiesQuery(useApi()), enabled: can('can_list_automation_policies') }).data;
  const { draft, set, changed } = useDraft(initial);
  const shown = fields.filter((field) => !field.hide_in_ui);
  const [before] = useState(() => valuesOf(shown, stored));
  const [values, setValues] = useState(before);
  const inputs = inputsOf(shown, before, values);
  const lacking = missing(shown, values);
  return (
    <Form
      what={what}
      action={action}
      changed={changed || inputs.length > 0 || (also?.changed ?? false)}
      readOnly={readOnly}
      complete={draft.name.trim() !== '' && lacking.length === 0 && (also?.complete ?? true)}
      save={() => save({ ...draft, name: draft.name.trim() }, inputs)}
      onSaved={async () => {
        notifyDone(`${draft.name.trim()} was saved`);
        onDone();
        await Promise.all([treeKey, placeKeys.all, placeKeys.sites].map((queryKey) => queries.invalidateQueries({ queryKey })));
      }}
      onCancel={onDone}
    >
      {(refused, tried) => (
        <>
          <Panel label="Name">
            <SimpleGrid cols={{ base: 1, xs: 2 }}>
              <NameField
                value={draft.name}
                wrong={refused.name ?? (draft.name.includes('|') ? 'The character | is not allowed.' : undefined)}
                tried={tried}
                onChange={(name) => set('name', name)}
              />
              {also?.render(tried)}
            </SimpleGrid>
          </Panel>
          {shown.length > 0 ? (
            <Panel title="Custom fields">
              <SimpleGrid cols={{ base: 1, xs: 2 }}>
                <ValueFields fields={shown} values={values} tried={tried} onChange={(id, value) => setValues((present) => ({ ...present, [id]: value }))} />
              </SimpleGrid>
            </Panel>
          ) : null}
          <Panel title="Automation">
            <Stack>
              {policies && policies.length > 0 ? (
                <SimpleGrid cols={{ base: 1, xs: 2 }}>
                  {(['server_policy', 'workstation_policy'] as const).map((key) => (
                    <Select
                      key={key}
                      label={key === 'server_policy' ? 'Policy of servers' : 'Policy of workstations'}
                      data={[{ value: '', label: `As ${above}` }, ...policies.map((policy) => ({ value: String(policy.id), label: policy.name }))]}
                      value={draft[key] === null ? '' : String(draft[key])}
                      onChange={(id) => set(key, id ? Number(id) : null)}
                    />
                  ))}
                </SimpleGrid>
              ) : null}
              <Switch
                label="Block inherited policies"
                description={`Policies and alert templates of ${above} do not apply here`}
                checked={draft.block_policy_inheritance}
                onChange={(event) => set('block_policy_inheritance', event.currentTarget.checked)}
              />
            </Stack>
          </Panel>
        </>
      )}
    </Form>
  );
}
