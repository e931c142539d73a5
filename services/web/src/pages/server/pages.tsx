import { Outlet } from '@tanstack/react-router';
import { TabArea } from '@/components/tab-area';

export { DeadPage } from './dead';
export { HealthPage } from './health';
export { JobsPage } from './jobs';
export { MaintenancePage } from './maintenance';

const tabs = [
  { to: '/server/health', label: 'State' },
  { to: '/server/jobs', label: 'Jobs' },
  { to: '/server/dead', label: 'Dead letters' },
  { to: '/server/maintenance', label: 'Maintenance' },
];

export function ServerArea() {
  return (
    <TabArea label="Server" tabs={tabs}>
      <Outlet />
    </TabArea>
  );
}
