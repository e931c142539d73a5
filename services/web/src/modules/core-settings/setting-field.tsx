import { NumberInput, PasswordInput, Select, Switch, TagsInput, TextInput } from '@mantine/core';
import type { Policy } from '@/api/admin-types';
import { fields, type SettingKey, type SettingsDraft } from './fields';

interface SettingFieldProps {
  name: SettingKey;
  draft: SettingsDraft;
  zones: string[];
  policies: Policy[];
  error: string | undefined;
  disabled: boolean;
  onChange: (value: SettingsDraft[SettingKey]) => void;
}

const none = '';
const mono = { input: { fontFamily: 'var(--mantine-font-family-monospace)' } };

/** The control of one setting, by its kind. */
export function SettingField({ name, draft, zones, policies, error, disabled, onChange }: SettingFieldProps) {
  const spec = fields[name];
  const value = draft[name];
  const shared = { label: spec.label, description: spec.help, error, disabled, inputWrapperOrder: ['label', 'input', 'description', 'error'] as ('label' | 'input' | 'description' | 'error')[] };
  switch (spec.kind) {
    case 'switch':
      return (
        <Switch label={spec.label} description={spec.help} error={error} disabled={disabled} checked={value === true} onChange={(event) => onChange(event.currentTarget.checked)} />
      );
    case 'number':
      return (
        <NumberInput {...shared} maw={260} min={0} max={spec.max ?? 100_000} suffix={spec.suffix} value={(value as number | null) ?? ''} onChange={(next) => onChange(next === '' ? 0 : Number(next))} />
      );
    case 'choice':
      return (
        <Select {...shared} maw={360} data={spec.options.map(([word, label]) => ({ value: word, label }))} value={value as string} onChange={(next) => onChange(next ?? value)} />
      );
    case 'zone':
      return <Select {...shared} maw={360} searchable data={zones} value={value as string} onChange={(next) => onChange(next ?? value)} />;
    case 'policy':
      return (
        <Select
          {...shared}
          maw={360}
          data={[{ value: none, label: 'None' }, ...policies.map((policy) => ({ value: String(policy.id), label: policy.name }))]}
          value={value === null ? none : String(value)}
          onChange={(next) => onChange(next ? Number(next) : null)}
        />
      );
    case 'list':
      return (
        <TagsInput
          {...shared}
          acceptValueOnBlur
          placeholder={spec.placeholder}
          splitChars={[',', ';']}
          value={value as string[]}
          onChange={(next) => onChange(next.map((item) => item.trim()).filter(Boolean))}
        />
      );
    case 'secret':
      return (
        <PasswordInput
          {...shared}
          maw={420}
          autoComplete="new-password"
          value={(value as string | null) ?? ''}
          onChange={(event) => onChange(event.currentTarget.value)}
          visibilityToggleButtonProps={{ 'aria-label': `Show or hide: ${spec.label}` }}
        />
      );
    case 'text':
      return (
        <TextInput
          {...shared}
          maw={420}
          autoComplete="off"
          styles={spec.mono ? mono : undefined}
          value={(value as string | null) ?? ''}
          onChange={(event) => onChange(event.currentTarget.value === '' && spec.nullable ? null : event.currentTarget.value)}
        />
      );
  }
}
