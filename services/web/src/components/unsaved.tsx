import { Button, Group, Modal, Stack, Text } from '@mantine/core';
import { useBlocker } from '@tanstack/react-router';
import { useEffect, useRef } from 'react';

interface UnsavedProps {
  changed: boolean;
  /** What would be lost: `this role`. */
  what: string;
  /** Other words than those about changes, where something else would be lost. */
  words?: { title: string; question: string; stay: string; leave: string };
}

/**
 * Asks before unsaved changes are left, also when the tab is closed. Moving between the parts of one address (search parameters) is
 * not leaving. Call `release` just before leaving on purpose, after saving.
 */
export function useUnsaved({ changed, what, words }: UnsavedProps) {
  const released = useRef(false);
  useEffect(() => {
    if (!changed) released.current = false;
  }, [changed]);
  const blocker = useBlocker({
    shouldBlockFn: ({ current, next }) => changed && !released.current && current.pathname !== next.pathname,
    enableBeforeUnload: () => changed && !released.current,
    withResolver: true,
  });
  const blocked = blocker.status === 'blocked';
  const said = words ?? {
    title: 'Leave without saving?', question: `Your changes to ${what} are not saved yet.`, stay: 'Stay here', leave: 'Leave without saving',
  }; // prettier-ignore
  const dialog = (
    <Modal opened={blocked} onClose={() => blocker.reset?.()} title={said.title} size="sm">
      <Stack>
        <Text size="sm">{said.question}</Text>
        <Group justify="flex-end">
          <Button variant="default" onClick={() => blocker.reset?.()} data-autofocus>
            {said.stay}
          </Button>
          <Button color="red" onClick={() => blocker.proceed?.()}>
            {said.leave}
          </Button>
        </Group>
      </Stack>
    </Modal>
  );
  const release = () => {
    released.current = true;
  };
  return { dialog, release };
}
