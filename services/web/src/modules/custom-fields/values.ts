import type { CustomField, FieldValue, StoredValue, ValueInput } from '@/api/admin-types';
import { dayTime, parseDate } from '@/components/format';

export type Values = Readonly<Record<number, FieldValue>>;

/** What a form begins with: the stored values, else the defaults. */
export function valuesOf(fields: readonly CustomField[], stored: readonly StoredValue[]): Values {
  return Object.fromEntries(fields.map((field) => [field.id, stored.find((each) => each.field === field.id)?.value ?? defaultOf(field)]));
}

export function defaultOf(field: CustomField): FieldValue {
  if (field.type === 'checkbox') return field.default_value_bool;
  if (field.type === 'multiple') return field.default_values_multiple;
  return field.default_value_string;
}

/** What is sent: each value under the key of its type (rest-2.md §4.1). Only what differs from before. */
export function inputsOf(fields: readonly CustomField[], before: Values, after: Values): ValueInput[] {
  return fields
    .filter((field) => JSON.stringify(before[field.id]) !== JSON.stringify(after[field.id]))
    .map((field) => {
      const value = after[field.id] ?? null;
      if (field.type === 'checkbox') return { field: field.id, bool_value: value === true };
      if (field.type === 'multiple') return { field: field.id, multiple_value: Array.isArray(value) ? value : [] };
      return { field: field.id, string_value: typeof value === 'string' ? value : '' };
    });
}

/** A value in words; null where there is none. */
export function valueWords(field: Pick<CustomField, 'type'>, value: FieldValue | undefined): string | null {
  if (field.type === 'checkbox') return value === true ? 'Yes' : 'No';
  if (value === null || value === undefined || isEmpty(value)) return null;
  if (Array.isArray(value)) return value.join(', ');
  const moment = field.type === 'datetime' ? parseDate(String(value)) : null;
  return moment ? dayTime(moment) : String(value);
}

/** The names of required fields without a value. */
export function missing(fields: readonly CustomField[], values: Values): string[] {
  return fields.filter((field) => field.required && field.type !== 'checkbox' && isEmpty(values[field.id])).map((field) => field.name);
}

function isEmpty(value: FieldValue | undefined): boolean {
  return value === null || value === undefined || value === '' || (Array.isArray(value) && value.length === 0);
}
