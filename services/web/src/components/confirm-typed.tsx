import { Alert, Button, Group, Modal, Stack, Text, TextInput } from '@mantine/core';
import { useState, type ReactNode } from 'react';
import { messageOf } from '@/api/errors';

interface ConfirmTypedProps {
  opened: boolean;
  title: string;
  /** What must be typed: the name of the very thing that is touched. */
  word: string;
  action: string;
  children: ReactNode;
  onConfirm: () => Promise<unknown>;
  onClose: () => void;
}

/** A dangerous action: its name has to be typed, and a refusal stays in view. */
export function ConfirmTyped(props: ConfirmTypedProps) {
  return (
    <Modal opened={props.opened} onClose={props.onClose} title={props.title} size="md">
      <ConfirmBody {...props} />
    </Modal>
  );
}

function ConfirmBody({ word, action, children, onConfirm, onClose }: ConfirmTypedProps) {
  const [typed, setTyped] = useState('');
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<string | null>(null);
  const matches = typed.trim() === word;

  const submit = async () => {
    setBusy(true);
    setError(null);
    try {
      await onConfirm();
    } catch (cause) {
      setError(messageOf(cause));
      setBusy(false);
    }
  };

  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        if (matches && !busy) void submit();
      }}
    >
      <Stack>
        <div>{children}</div>
        <TextInput
          data-autofocus
          label={
            <>
              Type <span className="mono">{word}</span> to confirm
            </>
          }
          value={typed}
          onChange={(event) => setTyped(event.currentTarget.value)}
          autoComplete="off"
          spellCheck={false}
        />
        {error ? (
          <Alert color="red" role="alert">
            {error}
          </Alert>
        ) : null}
        <Group justify="flex-end">
          <Button variant="default" onClick={onClose}>
            Cancel
          </Button>
          <Button type="submit" color="red" disabled={!matches} loading={busy}>
            {action}
          </Button>
        </Group>
        <Text size="xs" c="dimmed">
          This is recorded in the audit log.
        </Text>
      </Stack>
    </form>
  );
}
