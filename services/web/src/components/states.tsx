import { Button, Skeleton, Stack, Title } from '@mantine/core';
import { IconAlertTriangle, IconLock, IconRefresh } from '@tabler/icons-react';
import type { ReactNode } from 'react';
import { ApiError, messageOf } from '@/api/errors';
import classes from './states.module.css';

interface EmptyStateProps {
  icon: ReactNode;
  title: string;
  children?: ReactNode;
  /** What to do next. */
  actions?: ReactNode;
}

export function EmptyState({ icon, title, children, actions }: EmptyStateProps) {
  return (
    <div className={classes.state}>
      <div className={classes.icon} aria-hidden>
        {icon}
      </div>
      <Title order={2}>{title}</Title>
      {children ? <p>{children}</p> : null}
      {actions ? <div className={classes.actions}>{actions}</div> : null}
    </div>
  );
}

/** What the user's role does not allow, and who can change that. */
export function Refused({ title }: { title: string }) {
  return (
    <EmptyState icon={<IconLock size={22} />} title={title}>
      Your role does not allow it. Somebody who manages roles here can change that.
    </EmptyState>
  );
}

interface ErrorStateProps {
  error: unknown;
  onRetry?: () => void;
  /** What could not be done, for example `Agents could not be loaded`. */
  title: string;
}

/** A failed load: what failed, the server's words, the request's id for support, and another try. */
export function ErrorState({ error, onRetry, title }: ErrorStateProps) {
  const requestId = error instanceof ApiError ? error.requestId : null;
  if (error instanceof ApiError && error.status === 403) {
    // Nothing is broken, and another try would end the same.
    return (
      <div role="alert">
        <Refused title="You may not see this" />
      </div>
    );
  }
  return (
    <div className={classes.state} role="alert">
      <div className={`${classes.icon ?? ''} ${classes.bad ?? ''}`} aria-hidden>
        <IconAlertTriangle size={22} />
      </div>
      <Title order={2}>{title}</Title>
      <p>{messageOf(error)}</p>
      {requestId ? (
        <p className={classes.request}>
          Request <span className="mono">{requestId}</span>
        </p>
      ) : null}
      {onRetry ? (
        <div className={classes.actions}>
          <Button variant="default" leftSection={<IconRefresh size={16} />} onClick={onRetry}>
            Try again
          </Button>
        </div>
      ) : null}
    </div>
  );
}

interface RowsSkeletonProps {
  rows?: number;
  height?: number;
  label: string;
}

/** Placeholder of a list while it loads, of the rows' own height, so that nothing moves when they come. */
export function RowsSkeleton({ rows = 6, height = 44, label }: RowsSkeletonProps) {
  return (
    <Stack gap={1} role="status" aria-label={label} p="sm">
      {Array.from({ length: rows }, (_, index) => (
        <div key={index} style={{ height, display: 'flex', alignItems: 'center' }}>
          <Skeleton height={12} width={`${55 + ((index * 17) % 40)}%`} radius="xl" />
        </div>
      ))}
    </Stack>
  );
}
