import { useQuery } from '@tanstack/react-query';
import { getRouteApi } from '@tanstack/react-router';
import { useApi } from '@/api/context';
import { agentRowQuery } from '@/api/queries/agents';
import type { AgentRow } from '@/api/types';

const route = getRouteApi('/shell/agents/$agentId');

/** The row of the agent whose page this is; its tabs are only drawn once it is loaded. */
export function useAgent(): { id: string; row: AgentRow } {
  const { agentId } = route.useParams();
  const row = useQuery(agentRowQuery(useApi(), agentId)).data;
  if (!row) throw new Error('an agent tab was drawn before its agent');
  return { id: agentId, row };
}
