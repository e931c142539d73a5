import { ActionIcon, Button, Tooltip } from '@mantine/core';
import { IconTrash } from '@tabler/icons-react';
import { useQueryClient, type QueryKey } from '@tanstack/react-query';
import { useState, type ReactNode } from 'react';
import { ConfirmButton } from './confirm-button';
import { notifyDone, notifyFailed } from './notify';

interface RemoveButtonProps {
  /** What is removed, by its name: `the role Helpdesk`. */
  name: string;
  question: ReactNode;
  action: string;
  remove: () => Promise<unknown>;
  /** What is read again afterwards. */
  stale?: QueryKey;
  /** Comes first, to leave the page of what is gone. */
  onRemoved?: () => void | Promise<void>;
  /** Said when it is done. */
  done: string;
  /** A button with its word instead of an icon. */
  wide?: boolean;
}

/** Removes one thing after a question beside the button. */
export function RemoveButton({ name, question, action, remove, stale, onRemoved, done, wide = false }: RemoveButtonProps) {
  const client = useQueryClient();
  const [busy, setBusy] = useState(false);
  const run = async () => {
    setBusy(true);
    try {
      await remove();
      notifyDone(done);
      await onRemoved?.();
      if (stale) await client.invalidateQueries({ queryKey: stale });
    } catch (error) {
      notifyFailed(`Could not remove ${name}`, error);
    } finally {
      setBusy(false);
    }
  };
  return (
    <ConfirmButton question={question} action={action} onConfirm={() => void run()}>
      {(open) =>
        wide ? (
          <Button variant="default" leftSection={<IconTrash size={16} />} onClick={open} loading={busy}>
            {action}
          </Button>
        ) : (
          <Tooltip label={action}>
            <ActionIcon variant="subtle" color="gray" aria-label={`${action}: ${name}`} onClick={open} loading={busy}>
              <IconTrash size={16} />
            </ActionIcon>
          </Tooltip>
        )
      }
    </ConfirmButton>
  );
}
