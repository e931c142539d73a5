import { Outlet } from '@tanstack/react-router';
import { TabArea } from '@/components/tab-area';
import { useCan } from '@/modules/account-rights';

const tabs = [
  { to: '/logs/audit', label: 'Audit log', needs: 'can_view_auditlogs' },
  { to: '/logs/debug', label: 'Debug log', needs: 'can_view_debuglogs' },
  { to: '/logs/pending', label: 'Pending actions', needs: 'can_list_pendingactions' },
] as const;

export function LogsArea() {
  const can = useCan();
  return (
    <TabArea label="Logs" tabs={tabs.filter((tab) => can(tab.needs))}>
      <Outlet />
    </TabArea>
  );
}
