import { Button } from '@mantine/core';
import { IconMapOff } from '@tabler/icons-react';
import { Link, type ErrorComponentProps } from '@tanstack/react-router';
import { Page } from '@/components/page';
import { EmptyState, ErrorState } from '@/components/states';

export function NotFoundPage() {
  return (
    <Page title="Not found">
      <EmptyState
        icon={<IconMapOff size={22} />}
        title="There is no such page"
        actions={
          <Button component={Link} to="/agents" variant="default">
            All agents
          </Button>
        }
      >
        The address may be mistyped or from another version.
      </EmptyState>
    </Page>
  );
}

/** A page that failed to draw, most often because a new version was installed while it was open. */
export function BrokenPage({ error }: ErrorComponentProps) {
  return <ErrorState title="This page could not be shown" error={error} onRetry={() => window.location.reload()} />;
}
