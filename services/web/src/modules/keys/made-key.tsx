import { Alert, Button, Group, Stack, Text } from '@mantine/core';
import { IconAlertTriangle } from '@tabler/icons-react';
import type { ApiKey } from '@/api/admin-types';
import { useState } from 'react';
import { Copy } from '@/components/copy';
import { Panel } from '@/components/page';
import { useUnsaved } from '@/components/unsaved';
import classes from './keys.module.css';

/** The secret of a new key, once. */
export function MadeKey({ made, onDone }: { made: ApiKey; onDone: () => void }) {
  const [copied, setCopied] = useState(false);
  const guard = useUnsaved({
    changed: !copied,
    what: 'the key',
    words: {
      title: 'Leave without the key?', question: 'It was not copied yet, and this app does not show it again.', stay: 'Back to the key', leave: 'Leave without it',
    },
  }); // prettier-ignore
  return (
    <Panel title={`The key “${made.name}”`}>
      <Stack>
        <Alert color="yellow" icon={<IconAlertTriangle size={18} />} title="Copy it now">
          This app does not show it again. Keep it where passwords are kept: it works without a second factor.
        </Alert>
        <div className={classes.secret}>
          <code data-api-key>{made.key}</code>
          <Copy text={made.key} what="key" wide onCopied={() => setCopied(true)} />
        </div>
        <Text size="sm" c="dimmed">
          Programs send it with each request in the header <span className="mono">X-API-KEY</span>:
        </Text>
        <pre className={classes.sample}>{`curl -H 'X-API-KEY: …' ${window.location.origin}/v1/agents`}</pre>
        <Group>
          <Button
            variant="default"
            onClick={() => {
              guard.release();
              onDone();
            }}
          >
            I have kept it
          </Button>
        </Group>
      </Stack>
      {guard.dialog}
    </Panel>
  );
}
