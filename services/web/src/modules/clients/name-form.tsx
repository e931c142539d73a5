import { Button, Group, TextInput } from '@mantine/core';
import { useMutation } from '@tanstack/react-query';
import { useState } from 'react';
import { messageOf } from '@/api/errors';

interface NameFormProps {
  label: string;
  action: string;
  initial?: string;
  save: (name: string) => Promise<unknown>;
  onDone: () => void;
}

/** Names something in place. The server's refusal stays under the field. */
export function NameForm({ label, action, initial = '', save, onDone }: NameFormProps) {
  const [name, setName] = useState(initial);
  const write = useMutation({ mutationFn: () => save(name.trim()), onSuccess: onDone });
  return (
    <form
      style={{ flex: '1 1 300px' }}
      onSubmit={(event) => {
        event.preventDefault();
        if (name.trim() && name.trim() !== initial) write.mutate();
      }}
    >
      <Group gap="xs" align="start">
        <TextInput
          ref={(input) => input?.focus()}
          size="xs"
          style={{ flex: 1, minWidth: 160 }}
          aria-label={label}
          placeholder={label}
          maxLength={255}
          value={name}
          error={write.isError ? messageOf(write.error) : undefined}
          onChange={(event) => setName(event.currentTarget.value)}
          onKeyDown={(event) => {
            if (event.key === 'Escape') onDone();
          }}
        />
        <Button size="xs" type="submit" loading={write.isPending} disabled={!name.trim() || name.trim() === initial}>
          {action}
        </Button>
        <Button size="xs" variant="default" onClick={onDone}>
          Cancel
        </Button>
      </Group>
    </form>
  );
}
