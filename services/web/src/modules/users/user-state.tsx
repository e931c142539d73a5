import { IconBan, IconCircleCheck, IconKey } from '@tabler/icons-react';
import type { User } from '@/api/admin-types';
import { Badge } from '@/components/badge';

/** Whether and how somebody can get in. */
export function UserState({ user }: { user: Pick<User, 'is_active' | 'block_dashboard_login'> }) {
  if (!user.is_active) {
    return (
      <Badge tone="bad" icon={<IconBan size={15} />}>
        Blocked
      </Badge>
    );
  }
  if (user.block_dashboard_login) {
    return (
      <Badge tone="info" icon={<IconKey size={15} />} title="Cannot sign in here; API keys work">
        API keys only
      </Badge>
    );
  }
  return (
    <Badge tone="ok" icon={<IconCircleCheck size={15} />}>
      Can sign in
    </Badge>
  );
}

export function fullName(user: Pick<User, 'first_name' | 'last_name'>): string {
  return `${user.first_name} ${user.last_name}`.trim();
}
