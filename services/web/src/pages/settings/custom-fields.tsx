import { SegmentedControl } from '@mantine/core';
import { IconForms, IconPlus } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { getRouteApi, Link, useNavigate } from '@tanstack/react-router';
import { fieldModels, type CustomField, type FieldModel } from '@/api/admin-types';
import { useApi } from '@/api/context';
import { fieldsQuery } from '@/api/queries/core';
import { Copy } from '@/components/copy';
import { DataTable, Sub } from '@/components/data-table';
import { LinkButton } from '@/components/link-button';
import { Loaded } from '@/components/loaded';
import { Page, Panel } from '@/components/page';
import { EmptyState } from '@/components/states';
import { useCan } from '@/modules/account-rights';
import { Needs } from '@/modules/needs';
import { FieldForm } from '@/modules/custom-fields/field-form';
import { RemoveField } from '@/modules/custom-fields/remove-field';
import { defaultWords, emptyField, modelWords, typeWords } from '@/modules/custom-fields/words';

const listRoute = getRouteApi('/shell/settings/custom-fields');
const newRoute = getRouteApi('/shell/settings/custom-fields/new');
const oneRoute = getRouteApi('/shell/settings/custom-fields/$fieldId');

export function CustomFieldsPage() {
  const fields = useQuery(fieldsQuery(useApi()));
  const manage = useCan()('can_manage_customfields');
  const { model = 'client' } = listRoute.useSearch();
  const navigate = listRoute.useNavigate();
  const add = manage ? (
    <LinkButton to="/settings/custom-fields/new" search={{ model }} leftSection={<IconPlus size={16} />}>
      New field
    </LinkButton>
  ) : null;
  return (
    <Page title="Custom fields" lead="Your own fields, for people, scripts and reports." actions={add}>
      <Panel
        flush
        label="Custom fields"
        title={
          <SegmentedControl
            size="xs"
            aria-label="What the fields belong to"
            data={fieldModels.map((each) => ({ value: each, label: modelWords[each] }))}
            value={model}
            onChange={(each) => void navigate({ search: { model: each } })}
          />
        }
      >
        <Loaded query={fields} what="Custom fields">
          {(all) => {
            const list = all.filter((field) => field.model === model);
            if (list.length === 0) {
              return (
                <EmptyState icon={<IconForms size={22} />} title={`No custom fields of ${modelWords[model].toLowerCase()} yet`} actions={add}>
                  For example a contract number, a contact, or a licence key that scripts use.
                </EmptyState>
              );
            }
            return <FieldTable fields={list} manage={manage} />;
          }}
        </Loaded>
      </Panel>
    </Page>
  );
}

/** What scripts write for the field's value. */
function placeholderOf(field: CustomField): string {
  return `{{${field.model}.${field.name}}}`;
}

function shownIn(field: CustomField): string {
  const places = [...(field.hide_in_ui ? [] : ['forms']), ...(field.hide_in_summary ? [] : ['summaries'])];
  return places.length === 0 ? 'scripts only' : places.join(', ');
}

function FieldTable({ fields, manage }: { fields: CustomField[]; manage: boolean }) {
  return (
    <DataTable
      label="Custom fields"
      rows={fields}
      rowKey={(field) => field.id}
      columns={[
        {
          head: 'Name',
          kind: 'lead',
          cell: (field) => (
            <>
              <Link to="/settings/custom-fields/$fieldId" params={{ fieldId: String(field.id) }}>
                {field.name}
              </Link>
              <Sub>
                <span className="mono">{placeholderOf(field)}</span>
              </Sub>
            </>
          ),
        },
        { head: 'Kind', kind: 'tight', cell: (field) => typeWords[field.type] },
        { head: 'Default', cell: (field) => defaultWords(field) ?? <span className="muted">–</span> },
        { head: 'Required', cell: (field) => (field.required ? 'Yes' : 'No') },
        { head: 'Shown in', cell: shownIn },
        {
          head: 'Actions',
          kind: 'tools',
          cell: (field) => (
            <>
              <Copy text={placeholderOf(field)} what={`placeholder of ${field.name}`} />
              {manage ? <RemoveField field={field} /> : null}
            </>
          ),
        },
      ]}
    />
  );
}

export function NewCustomFieldPage() {
  const navigate = useNavigate();
  const { model = 'client' } = newRoute.useSearch();
  return (
    <Page title="New custom field" trail={<Trail model={model} />} narrow>
      <Needs right="can_manage_customfields">
        <FieldForm initial={emptyField(model)} onDone={() => void navigate({ to: '/settings/custom-fields', search: { model } })} />
      </Needs>
    </Page>
  );
}

export function CustomFieldPage() {
  const { fieldId } = oneRoute.useParams();
  const navigate = useNavigate();
  const id = Number(fieldId);
  const fields = useQuery({ ...fieldsQuery(useApi()), refetchOnWindowFocus: false });
  const field = fields.data?.find((each) => each.id === id);
  const manage = useCan()('can_manage_customfields');
  return (
    <Page
      title={field?.name ?? 'Custom field'}
      trail={<Trail model={field?.model ?? 'client'} />}
      narrow
      actions={field && manage ? <RemoveField wide field={field} onRemoved={() => void navigate({ to: '/settings/custom-fields', search: { model: field.model }, ignoreBlocker: true })} /> : undefined}
    >
      <Loaded query={fields} what="The field" fresh>
        {() =>
          field ? (
            <FieldForm key={id} fieldId={id} initial={pick(field)} onDone={() => void navigate({ to: '/settings/custom-fields', search: { model: field.model } })} />
          ) : (
            <EmptyState icon={<IconForms size={22} />} title="This field is gone">
              Somebody deleted it.
            </EmptyState>
          )
        }
      </Loaded>
    </Page>
  );
}

function Trail({ model }: { model: FieldModel }) {
  return (
    <Link to="/settings/custom-fields" search={{ model }}>
      Custom fields
    </Link>
  );
}

function pick(field: CustomField) {
  const { model, type, name, order, options, required, default_value_string, default_value_bool, default_values_multiple, hide_in_ui, hide_in_summary } = field;
  return { model, type, name, order, options, required, default_value_string, default_value_bool, default_values_multiple, hide_in_ui, hide_in_summary };
}
