import { ActionIcon, Button, Tooltip } from '@mantine/core';
import { useClipboard } from '@mantine/hooks';
import { IconCheck, IconCopy } from '@tabler/icons-react';

interface CopyProps {
  text: string;
  /** What is copied, for the label: `Copy command`. */
  what: string;
  wide?: boolean;
  onCopied?: () => void;
}

export function Copy({ text, what, wide = false, onCopied }: CopyProps) {
  const clipboard = useClipboard({ timeout: 1500 });
  const label = clipboard.copied ? 'Copied' : `Copy ${what}`;
  const icon = clipboard.copied ? <IconCheck size={16} /> : <IconCopy size={16} />;
  const copy = () => {
    clipboard.copy(text);
    onCopied?.();
  };
  if (wide) {
    return (
      <Button onClick={copy} leftSection={icon} miw={150}>
        {label}
      </Button>
    );
  }
  return (
    <Tooltip label={label}>
      <ActionIcon variant="subtle" color="gray" onClick={copy} aria-label={label}>
        {icon}
      </ActionIcon>
    </Tooltip>
  );
}
