import { IconLock } from '@tabler/icons-react';
import type { ReactNode } from 'react';
import { EmptyState } from '@/components/states';
import { useCan } from './account-rights';

interface NeedsProps {
  /** The flag of a role without which the server would refuse. */
  right: string;
  children: ReactNode;
}

/** A form or tool for those who may use it; the others are told before they fill it in for nothing. */
export function Needs({ right, children }: NeedsProps) {
  if (useCan()(right)) return children;
  return (
    <EmptyState icon={<IconLock size={22} />} title="You may not do this">
      Your role does not allow it. Somebody who manages roles here can change that.
    </EmptyState>
  );
}
