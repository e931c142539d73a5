import { TextInput } from '@mantine/core';
import { localDateTime } from './format';

interface DateTimeFieldProps {
  label: string;
  /** An ISO moment. */
  value: string;
  onChange: (value: string) => void;
  error?: string;
  disabled?: boolean;
  required?: boolean;
}

/** A moment in the browser's time zone, with the browser's own picker. */
export function DateTimeField({ label, value, onChange, error, disabled, required }: DateTimeFieldProps) {
  return (
    <TextInput
      type="datetime-local"
      label={label}
      disabled={disabled}
      required={required}
      error={error}
      value={localDateTime(value)}
      onChange={(event) => {
        const date = new Date(event.currentTarget.value);
        if (!Number.isNaN(date.getTime())) onChange(date.toISOString());
      }}
    />
  );
}
