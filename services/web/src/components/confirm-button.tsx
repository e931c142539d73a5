import { Button, Group, Popover, Stack, Text } from '@mantine/core';
import { useState, type ReactElement, type ReactNode } from 'react';

interface ConfirmButtonProps {
  question: ReactNode;
  action: string;
  onConfirm: () => void;
  /** Draws the button that asks; gets the handler that opens the question. */
  children: (open: () => void) => ReactElement;
}

/** A small question beside the button that caused it, for actions that touch one thing. */
export function ConfirmButton({ question, action, onConfirm, children }: ConfirmButtonProps) {
  const [opened, setOpened] = useState(false);
  return (
    <Popover opened={opened} onChange={setOpened} trapFocus withArrow shadow="md" width={260} position="bottom-end" returnFocus>
      <Popover.Target>{children(() => setOpened(true))}</Popover.Target>
      <Popover.Dropdown>
        <Stack gap="sm">
          <Text size="sm" component="div" style={{ overflowWrap: 'anywhere' }}>
            {question}
          </Text>
          <Group justify="flex-end" gap="xs">
            <Button size="xs" variant="default" onClick={() => setOpened(false)}>
              Cancel
            </Button>
            <Button
              size="xs"
              color="red"
              onClick={() => {
                setOpened(false);
                onConfirm();
              }}
            >
              {action}
            </Button>
          </Group>
        </Stack>
      </Popover.Dropdown>
    </Popover>
  );
}
