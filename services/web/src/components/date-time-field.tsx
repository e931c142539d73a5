import { TextInput } from '@mantine/core';
import { localDateTime } from './format';

interface DateTimeFieldProps {
  label: string;
  /** An ISO moment. */
  value: string;
  onChange: (value: string) => void;
  error?: string;
  required?: boolean;
}

/** A moment in the browser's time zone, with the browser's own picker. */
export function DateTimeField({ label, value, onChange, error, required }: DateTimeFieldProps) {
  return (
    <TextInput
      type="datetime-local"
      label={label}
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
