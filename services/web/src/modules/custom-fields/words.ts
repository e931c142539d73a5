import type { CustomField, CustomFieldInput, FieldModel, FieldType } from '@/api/admin-types';

export const modelWords: Readonly<Record<FieldModel, string>> = { client: 'Clients', site: 'Sites', agent: 'Agents' };

export const typeWords: Readonly<Record<FieldType, string>> = {
  text: 'Text',
  number: 'Number',
  single: 'One of a list',
  multiple: 'Several of a list',
  checkbox: 'Yes or no',
  datetime: 'Date and time',
};

export function emptyField(model: FieldModel): CustomFieldInput {
  return {
    model, type: 'text', name: '', order: 0, options: [], required: false, default_value_string: '', default_value_bool: false, default_values_multiple: [],
    hide_in_ui: false, hide_in_summary: false,
  }; // prettier-ignore
}

/** The default in words; null where there is none. */
export function defaultWords(field: Pick<CustomField, 'type' | 'default_value_string' | 'default_value_bool' | 'default_values_multiple'>): string | null {
  if (field.type === 'checkbox') return field.default_value_bool ? 'Yes' : 'No';
  if (field.type === 'multiple') return field.default_values_multiple.length > 0 ? field.default_values_multiple.join(', ') : null;
  return field.default_value_string === '' ? null : field.default_value_string;
}
