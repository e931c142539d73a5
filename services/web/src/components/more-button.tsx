import { Button } from '@mantine/core';

interface MoreButtonProps {
  hasMore: boolean;
  busy: boolean;
  onMore: () => void;
  /** Told beside it: `100 of 2,418 rows`. */
  shown?: string;
}

/** The end of a list that is read window by window. */
export function MoreButton({ hasMore, busy, onMore, shown }: MoreButtonProps) {
  if (!hasMore && !shown) return null;
  return (
    <div style={{ display: 'flex', flexWrap: 'wrap', alignItems: 'center', gap: 12, padding: '10px 16px', borderTop: '1px solid var(--g-border)' }}>
      {hasMore ? (
        <Button size="compact-sm" variant="default" loading={busy} onClick={onMore}>
          Show more
        </Button>
      ) : null}
      {shown ? (
        <span className="muted" role="status">
          {shown}
        </span>
      ) : null}
    </div>
  );
}
