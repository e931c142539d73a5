import type { ReactNode } from 'react';
import { Refused } from '@/components/states';
import { useCan } from './account-rights';

interface NeedsProps {
  /** The flag of a role without which the server would refuse. */
  right: string;
  children: ReactNode;
}

/** A form or tool for those who may use it; the others are told before they fill it in for nothing. */
export function Needs({ right, children }: NeedsProps) {
  if (useCan()(right)) return children;
  return <Refused title="You may not do this" />;
}
