import { IconDeviceDesktop } from '@tabler/icons-react';
import { Badge } from '@/components/badge';

/** Marks the session in which the page is being read. */
export function ThisBrowser() {
  return (
    <Badge tone="ok" pill icon={<IconDeviceDesktop size={13} />}>
      This browser
    </Badge>
  );
}
