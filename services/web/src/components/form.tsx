import { Alert, Button, Group, Stack } from '@mantine/core';
import type { ReactNode } from 'react';
import { messageOf } from '@/api/errors';
import { useUnsaved } from './unsaved';
import { useSave } from './use-save';

interface FormProps<R> {
  /** What is edited, for the question about unsaved changes: `this role`. */
  what: string;
  action: string;
  changed: boolean;
  /** Refuses to send while something that the form knows is missing; its words are shown once sending was tried. */
  complete?: boolean;
  save: () => Promise<R>;
  onSaved: (reply: R) => void | Promise<void>;
  onCancel?: () => void;
  /** Drawn with the messages of the last refusal, by field, and whether sending was tried. */
  children: (fields: Readonly<Record<string, string>>, tried: boolean) => ReactNode;
  /** Beside the buttons. */
  extra?: ReactNode;
}

/** A form on a page of its own: guarded, with the server's refusal in view above its buttons. */
export function Form<R>({ what, action, changed, complete = true, save, onSaved, onCancel, children, extra }: FormProps<R>) {
  const guard = useUnsaved({ changed, what });
  const { busy, error, fields, tried, submit } = useSave(save, async (reply) => {
    guard.release();
    await onSaved(reply);
  });
  return (
    <form
      noValidate
      onSubmit={(event) => {
        event.preventDefault();
        void submit(complete);
      }}
    >
      <Stack>
        {children(fields, tried)}
        {error ? (
          <Alert color="red" role="alert">
            {messageOf(error)}
          </Alert>
        ) : null}
        <Group>
          <Button type="submit" loading={busy} disabled={!changed}>
            {action}
          </Button>
          {onCancel ? (
            <Button variant="default" onClick={onCancel}>
              Cancel
            </Button>
          ) : null}
          {extra}
        </Group>
      </Stack>
      {guard.dialog}
    </form>
  );
}
