import { TextInput } from '@mantine/core';
import { IconSearch } from '@tabler/icons-react';

interface FilterInputProps {
  /** What is filtered: `Filter users`. */
  label: string;
  placeholder?: string;
  value: string;
  onChange: (value: string) => void;
}

/** Narrows a list that is already here. */
export function FilterInput({ label, placeholder, value, onChange }: FilterInputProps) {
  return (
    <TextInput
      size="xs"
      data-search
      w="100%"
      maw={280}
      aria-label={label}
      placeholder={placeholder ?? label}
      leftSection={<IconSearch size={14} />}
      value={value}
      onChange={(event) => onChange(event.currentTarget.value)}
    />
  );
}
