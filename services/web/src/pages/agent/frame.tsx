import { Button } from '@mantine/core';
import { useDocumentTitle } from '@mantine/hooks';
import { IconDeviceDesktopOff } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { getRouteApi, Link, Outlet, useRouterState } from '@tanstack/react-router';
import { useApi } from '@/api/context';
import { ApiError } from '@/api/errors';
import { agentRowQuery } from '@/api/queries/agents';
import { EmptyState, ErrorState } from '@/components/states';
import { useTopic } from '@/live/provider';
import { AgentHeader } from '@/modules/agent/agent-header';
import { agentView } from '@/modules/agent/agent-tabs';
import classes from '@/modules/agent/agent.module.css';
import { ConfirmActions } from '@/modules/agent/confirm-actions';

const route = getRouteApi('/shell/agents/$agentId');

/** The frame of one agent's pages. */
export function AgentPage() {
  const { agentId } = route.useParams();
  const { confirm } = route.useSearch();
  const agent = useQuery(agentRowQuery(useApi(), agentId));
  useTopic({ topic: 'agent', agent_id: agentId });
  const view = useRouterState({ select: (state) => agentView(state.location.pathname) });
  useDocumentTitle([...(view ? [view] : []), agent.data?.hostname ?? 'Agent', 'Gueen RMM'].join(' · '));

  if (agent.isError) {
    if (agent.error instanceof ApiError && agent.error.status === 404) return <Gone />;
    return <ErrorState title="The agent could not be loaded" error={agent.error} onRetry={() => void agent.refetch()} />;
  }
  return (
    <div className={classes.frame}>
      <AgentHeader id={agentId} row={agent.data} />
      <div className={classes.body}>{agent.data ? <Outlet /> : null}</div>
      {agent.data ? <ConfirmActions row={agent.data} confirm={confirm} /> : null}
    </div>
  );
}

function Gone() {
  return (
    <EmptyState
      icon={<IconDeviceDesktopOff size={22} />}
      title="This agent is gone"
      actions={
        <Button component={Link} to="/agents" variant="default">
          All agents
        </Button>
      }
    >
      It was removed, or it belongs to a client you may not see.
    </EmptyState>
  );
}
