import { TextInput, type TextInputProps } from '@mantine/core';

interface NameFieldProps extends Omit<TextInputProps, 'value' | 'error' | 'onChange'> {
  value: string;
  /** What is wrong with the name, by the server or by the form itself. */
  wrong?: string | undefined;
  /** Whether the form was sent once: only then a missing name is told. */
  tried: boolean;
  onChange: (name: string) => void;
}

/** The name that a thing is given in its form. */
export function NameField({ value, wrong, tried, onChange, ...input }: NameFieldProps) {
  const missing = tried && value.trim() === '' ? 'Give it a name.' : undefined;
  return <TextInput label="Name" required maxLength={255} {...input} value={value} error={wrong ?? missing} onChange={(event) => onChange(event.currentTarget.value)} />;
}
