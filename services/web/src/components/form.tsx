import { Alert, Button, Stack } from '@mantine/core';
import type { ReactNode } from 'react';
import { messageOf } from '@/api/errors';
import classes from './form.module.css';
import { useFirstWrong } from './use-first-wrong';
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
  /** True for who may look but not change: nothing can be filled in, sent or lost. */
  readOnly?: boolean;
  /** Beside the buttons. */
  extra?: ReactNode;
}

/** A form on a page of its own: guarded, with the server's refusal in view above its buttons. While something is unsaved they stay in view. */
export function Form<R>({ what, action, changed, complete = true, save, onSaved, onCancel, children, readOnly = false, extra }: FormProps<R>) {
  const guard = useUnsaved({ changed: changed && !readOnly, what });
  const { busy, error, fields, tried, attempts, submit } = useSave(save, async (reply) => {
    guard.release();
    await onSaved(reply);
  });
  const form = useFirstWrong(attempts);
  return (
    <form
      ref={form}
      noValidate
      onSubmit={(event) => {
        event.preventDefault();
        void submit(complete);
      }}
    >
      <Stack>
        <fieldset disabled={readOnly} className={classes.fields}>
          {children(fields, tried)}
        </fieldset>
        {readOnly ? null : (
          <div className={classes.bar} data-changed={changed ? true : undefined}>
            {error ? (
              <Alert color="red" role="alert" className={classes.refusal}>
                {messageOf(error)}
              </Alert>
            ) : null}
            <Button type="submit" loading={busy} disabled={!changed}>
              {action}
            </Button>
            {onCancel ? (
              <Button variant="default" onClick={onCancel}>
                Cancel
              </Button>
            ) : null}
            {extra}
          </div>
        )}
      </Stack>
      {guard.dialog}
    </form>
  );
}
