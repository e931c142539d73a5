import { describe, expect, test } from 'vitest';
import type { CustomField } from '@/api/admin-types';
import { inputsOf, missing, valuesOf, valueWords } from './values';
import { emptyField } from './words';

function field(id: number, part: Partial<CustomField>): CustomField {
  return { ...emptyField('client'), id, name: `Field ${id}`, ...part } as CustomField;
}

const text = field(1, { default_value_string: 'none' });
const list = field(2, { type: 'multiple', options: ['a', 'b'], default_values_multiple: ['a'], required: true });
const flag = field(3, { type: 'checkbox', default_value_bool: true, required: true });
const fields = [text, list, flag];

describe('values of custom fields', () => {
  test('a form begins with what is stored, else with the default', () => {
    expect(valuesOf(fields, [{ id: 9, field: 2, value: ['b'] }])).toEqual({ 1: 'none', 2: ['b'], 3: true });
  });

  test('a stored no or empty text is no absence', () => {
    expect(valuesOf(fields, [{ id: 1, field: 3, value: false }, { id: 2, field: 1, value: '' }])).toMatchObject({ 1: '', 3: false });
  });

  test('only what differs is sent, under the key of its type', () => {
    const before = valuesOf(fields, []);
    expect(inputsOf(fields, before, before)).toEqual([]);
    expect(inputsOf(fields, before, { 1: 'x', 2: ['a', 'b'], 3: false })).toEqual([
      { field: 1, string_value: 'x' },
      { field: 2, multiple_value: ['a', 'b'] },
      { field: 3, bool_value: false },
    ]);
  });

  test('a required field wants a value, a yes or no always has one', () => {
    expect(missing(fields, { 1: '', 2: [], 3: false })).toEqual(['Field 2']);
    expect(missing(fields, { 1: '', 2: ['a'], 3: null })).toEqual([]);
  });

  test('values in words', () => {
    expect(valueWords(flag, false)).toBe('No');
    expect(valueWords(list, ['a', 'b'])).toBe('a, b');
    expect(valueWords(list, [])).toBeNull();
    expect(valueWords(text, '')).toBeNull();
    expect(valueWords(field(4, { type: 'datetime' }), 'not a moment')).toBe('not a moment');
    expect(valueWords(field(4, { type: 'datetime' }), '2026-01-31T08:05')).toContain('2026');
  });
});
