import { IconGhost } from '@tabler/icons-react';
import type { UseQueryResult } from '@tanstack/react-query';
import { useState, type ReactNode } from 'react';
import { ApiError } from '@/api/errors';
import { EmptyState, ErrorState, RowsSkeleton } from './states';

interface LoadedProps<T> {
  query: UseQueryResult<T>;
  /** What is loaded, in the plural or with its article: `Users`, `The role`. */
  what: string;
  rows?: number;
  /** Waits for what is read now instead of beginning with what was read before: a form keeps what it began with. */
  fresh?: boolean;
  children: (data: T) => ReactNode;
}

/** What depends on a read: its placeholder, its failure with another try, and at last the thing itself. */
export function Loaded<T>({ query, what, rows = 4, fresh = false, children }: LoadedProps<T>) {
  const [waits, setWaits] = useState(fresh);
  if (waits && !query.isFetching) setWaits(false);
  if (query.data !== undefined && !waits) return children(query.data);
  if (query.isError) {
    const { error } = query;
    const status = error instanceof ApiError ? error.status : null;
    const verb = what.startsWith('The ') ? 'is' : 'are';
    if (status === 404) {
      return (
        <EmptyState icon={<IconGhost size={22} />} title={`${what} ${verb} gone`}>
          Somebody deleted it, or it belongs to what you may not see.
        </EmptyState>
      );
    }
    return <ErrorState title={`${what} could not be loaded`} error={error} onRetry={() => void query.refetch()} />;
  }
  return <RowsSkeleton rows={rows} label={`Loading ${what.toLowerCase()}`} />;
}
