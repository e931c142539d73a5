import { MultiSelect, NumberInput, Select, SimpleGrid, Stack, Switch, TagsInput, TextInput } from '@mantine/core';
import { useQueryClient } from '@tanstack/react-query';
import { fieldModels, fieldTypes, type CustomFieldInput } from '@/api/admin-types';
import { useApi } from '@/api/context';
import { fieldCalls, fieldKeys } from '@/api/queries/core';
import { useDraft } from '@/components/draft';
import { Form } from '@/components/form';
import { NameField } from '@/components/name-field';
import { notifyDone } from '@/components/notify';
import { Panel } from '@/components/page';
import { useCan } from '../account-rights';
import { defaultWords, modelWords, typeWords } from './words';

interface FieldFormProps {
  initial: CustomFieldInput;
  fieldId?: number;
  onDone: () => void;
}

/** Defines a field. What it belongs to and its type are fixed once values may exist. */
export function FieldForm({ initial, fieldId, onDone }: FieldFormProps) {
  const api = useApi();
  const client = useQueryClient();
  const manage = useCan()('can_manage_customfields');
  const { draft, set, patch, changed } = useDraft(initial);
  const isNew = fieldId === undefined;
  const listed = draft.type === 'single' || draft.type === 'multiple';
  const missingDefault = draft.required && draft.type !== 'checkbox' && defaultWords(draft) === null;
  const complete = draft.name.trim() !== '' && !missingDefault && (!listed || draft.options.length > 0);
  return (
    <Form
      what="this field"
      action={isNew ? 'Add field' : 'Save field'}
      changed={changed}
      readOnly={!manage}
      complete={complete}
      save={() => (isNew ? fieldCalls.add(api, draft) : fieldCalls.edit(api, fieldId, draft))}
      onSaved={async () => {
        notifyDone(`The field ${draft.name} was saved`);
        onDone();
        await client.invalidateQueries({ queryKey: fieldKeys.all });
      }}
      onCancel={onDone}
    >
      {(fields, tried) => (
        <Panel label="Field">
          <Stack>
            <SimpleGrid cols={{ base: 1, xs: 2 }}>
              <Select
                label="Belongs to"
                disabled={!isNew}
                data={fieldModels.map((model) => ({ value: model, label: modelWords[model] }))}
                value={draft.model}
                error={fields.model}
                onChange={(model) => set('model', model ?? draft.model)}
              />
              <NameField maxLength={100} value={draft.name} wrong={fields.name} tried={tried} onChange={(name) => set('name', name)} />
              <Select
                label="Kind"
                disabled={!isNew}
                data={fieldTypes.map((type) => ({ value: type, label: typeWords[type] }))}
                value={draft.type}
                error={fields.type}
                onChange={(type) => patch({ type: type ?? draft.type, default_value_string: '', default_values_multiple: [], default_value_bool: false })}
              />
              <NumberInput label="Place in the order" description="Smaller comes first" min={0} max={10_000} value={draft.order} onChange={(order) => set('order', Number(order) || 0)} />
            </SimpleGrid>
            {listed ? (
              <TagsInput
                label="Choices"
                required
                acceptValueOnBlur
                splitChars={[]}
                placeholder={draft.options.length === 0 ? 'Type one and press Enter' : undefined}
                value={draft.options}
                error={fields.options ?? (tried && draft.options.length === 0 ? 'Give at least one choice.' : undefined)}
                onChange={(options) =>
                  patch({
                    options,
                    default_values_multiple: draft.default_values_multiple.filter((value) => options.includes(value)),
                    default_value_string: draft.type === 'single' && !options.includes(draft.default_value_string ?? '') ? '' : draft.default_value_string,
                  })
                }
              />
            ) : null}
            <Switch
              label="Required"
              description="Needs a default, which counts where no value is stored"
              checked={draft.required}
              onChange={(event) => set('required', event.currentTarget.checked)}
            />
            <DefaultValue draft={draft} error={fields.default_value_string ?? (tried && missingDefault ? 'Required fields need a default.' : undefined)} onChange={patch} />
            <Switch
              label="Hide from forms"
              description="Only scripts and API read and write it"
              checked={draft.hide_in_ui}
              onChange={(event) => set('hide_in_ui', event.currentTarget.checked)}
            />
            <Switch label="Hide from summaries" checked={draft.hide_in_summary} onChange={(event) => set('hide_in_summary', event.currentTarget.checked)} />
          </Stack>
        </Panel>
      )}
    </Form>
  );
}

interface DefaultValueProps {
  draft: CustomFieldInput;
  error: string | undefined;
  onChange: (part: Partial<CustomFieldInput>) => void;
}

function DefaultValue({ draft, error, onChange }: DefaultValueProps) {
  const text = draft.default_value_string ?? '';
  switch (draft.type) {
    case 'checkbox':
      return <Switch label="Yes by default" checked={draft.default_value_bool} onChange={(event) => onChange({ default_value_bool: event.currentTarget.checked })} />;
    case 'multiple':
      return <MultiSelect label="Default" error={error} data={draft.options} value={draft.default_values_multiple} onChange={(values) => onChange({ default_values_multiple: values })} />;
    case 'single':
      return (
        <Select label="Default" clearable allowDeselect error={error} data={draft.options} value={text || null} clearButtonProps={{ 'aria-label': 'No default' }} onChange={(value) => onChange({ default_value_string: value ?? '' })} />
      );
    default:
      return (
        <TextInput
          label="Default"
          type={draft.type === 'datetime' ? 'datetime-local' : draft.type === 'number' ? 'number' : 'text'}
          error={error}
          value={text}
          onChange={(event) => onChange({ default_value_string: event.currentTarget.value })}
        />
      );
  }
}
