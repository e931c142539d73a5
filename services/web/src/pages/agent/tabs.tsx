import { Skeleton } from '@mantine/core';
import { getRouteApi } from '@tanstack/react-router';
import { lazy, Suspense } from 'react';
import classes from '@/modules/agent/agent.module.css';
import { History } from '@/modules/agent/history';
import { Notes } from '@/modules/agent/notes';
import { Processes } from '@/modules/agent/processes';
import { AgentSettings } from '@/modules/agent/settings';
import { Summary } from '@/modules/agent/summary';
import { RunCommand } from '@/modules/commands/run-command';
import { Needs } from '@/modules/needs';
import { RunScript } from '@/modules/scripts/run-script';
import { useAgent } from './use-agent';

/** The terminal brings its own library; it is loaded when it is opened. */
const TerminalView = lazy(() => import('@/modules/commands/terminal'));

const scriptRoute = getRouteApi('/shell/agents/$agentId/script');
const historyRoute = getRouteApi('/shell/agents/$agentId/history');

export function SummaryPage() {
  return <Summary {...useAgent()} />;
}

export function CommandPage() {
  const { id, row } = useAgent();
  return <RunCommand key={id} id={id} row={row} />;
}

export function TerminalPage() {
  const { id, row } = useAgent();
  return (
    <div className={classes.fill}>
      <Suspense fallback={<Skeleton height="100%" />}>
        <TerminalView key={id} id={id} row={row} />
      </Suspense>
    </div>
  );
}

export function RunScriptPage() {
  const { id, row } = useAgent();
  const { script } = scriptRoute.useSearch();
  const navigate = scriptRoute.useNavigate();
  return <RunScript id={id} row={row} chosen={script} onChoose={(next) => void navigate({ search: { script: next }, replace: true })} />;
}

export function ProcessesPage() {
  const { id, row } = useAgent();
  return <Processes key={id} id={id} row={row} />;
}

export function NotesPage() {
  return <Notes id={useAgent().id} />;
}

export function HistoryPage() {
  const { id } = useAgent();
  const { kind = 'all' } = historyRoute.useSearch();
  const navigate = historyRoute.useNavigate();
  return <History id={id} kind={kind} onKind={(next) => void navigate({ search: { kind: next === 'all' ? undefined : next }, replace: true })} />;
}

export function SettingsPage() {
  const { id } = useAgent();
  return (
    <Needs right="can_edit_agent">
      <AgentSettings key={id} id={id} />
    </Needs>
  );
}
