import { MultiSelect, Select, Switch, TextInput } from '@mantine/core';
import type { CustomField, FieldValue } from '@/api/admin-types';
import { localDateTime } from '@/components/format';
import type { Values } from './values';

interface ValueFieldsProps {
  fields: readonly CustomField[];
  values: Values;
  /** Whether sending was tried, so that missing values are pointed out. */
  tried: boolean;
  onChange: (field: number, value: FieldValue) => void;
}

/** The controls of custom fields in somebody else's form. */
export function ValueFields({ fields, values, tried, onChange }: ValueFieldsProps) {
  return fields.map((field) => {
    const value = values[field.id] ?? null;
    const empty = value === null || value === '' || (Array.isArray(value) && value.length === 0);
    const shared = { label: field.name, required: field.required, error: tried && field.required && empty ? 'This is required.' : undefined };
    const text = typeof value === 'string' ? value : '';
    switch (field.type) {
      case 'checkbox':
        return <Switch key={field.id} label={field.name} checked={value === true} onChange={(event) => onChange(field.id, event.currentTarget.checked)} />;
      case 'multiple':
        return <MultiSelect key={field.id} {...shared} data={field.options} value={Array.isArray(value) ? value : []} onChange={(next) => onChange(field.id, next)} />;
      case 'single':
        return (
          <Select key={field.id} {...shared} clearable allowDeselect clearButtonProps={{ 'aria-label': `No ${field.name}` }} data={field.options} value={text || null} onChange={(next) => onChange(field.id, next ?? '')} />
        );
      case 'datetime':
        return <TextInput key={field.id} {...shared} type="datetime-local" value={localDateTime(text)} onChange={(event) => onChange(field.id, event.currentTarget.value)} />;
      default:
        return <TextInput key={field.id} {...shared} type={field.type === 'number' ? 'number' : 'text'} value={text} onChange={(event) => onChange(field.id, event.currentTarget.value)} />;
    }
  });
}
