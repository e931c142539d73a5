import { Button } from '@mantine/core';
import { IconDownload } from '@tabler/icons-react';
import { useState } from 'react';
import { notifyFailed } from './notify';
import { saveFile } from './save-file';

interface ExportButtonProps {
  /** What is exported: `the audit log`. */
  what: string;
  fetch: () => Promise<{ name: string; data: Blob }>;
}

/** Everything that the present filters match, as a file for spreadsheets. */
export function ExportButton({ what, fetch }: ExportButtonProps) {
  const [busy, setBusy] = useState(false);
  const run = async () => {
    setBusy(true);
    try {
      saveFile(await fetch());
    } catch (error) {
      notifyFailed(`Could not export ${what}`, error);
    } finally {
      setBusy(false);
    }
  };
  return (
    <Button variant="default" leftSection={<IconDownload size={16} />} loading={busy} onClick={() => void run()}>
      Export CSV
    </Button>
  );
}
