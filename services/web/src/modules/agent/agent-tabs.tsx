import { Link, useRouterState } from '@tanstack/react-router';
import { useEffect, useRef } from 'react';
import { useCan } from '../account-rights';
import classes from './agent.module.css';

const tabs = [
  { to: '/agents/$agentId', label: 'Summary', exact: true, needs: 'can_list_agents' },
  { to: '/agents/$agentId/checks', label: 'Checks', exact: false, needs: 'can_list_checks' },
  { to: '/agents/$agentId/command', label: 'Command', exact: false, needs: 'can_send_cmd' },
  { to: '/agents/$agentId/terminal', label: 'Terminal', exact: false, needs: 'can_use_terminal' },
  { to: '/agents/$agentId/script', label: 'Run script', exact: false, needs: 'can_run_scripts' },
  { to: '/agents/$agentId/processes', label: 'Processes', exact: false, needs: 'can_manage_procs' },
  { to: '/agents/$agentId/notes', label: 'Notes', exact: false, needs: 'can_list_notes' },
  { to: '/agents/$agentId/history', label: 'History', exact: false, needs: 'can_list_agent_history' },
  { to: '/agents/$agentId/settings', label: 'Settings', exact: false, needs: 'can_edit_agent' },
] as const;

/** Which part of an agent an address shows; nothing for its summary. */
export function agentView(path: string): string | undefined {
  const part = path.split('/')[3];
  return part ? tabs.find((tab) => tab.to.endsWith(`/${part}`))?.label : undefined;
}

export function AgentTabs({ id, failing }: { id: string; failing: number }) {
  const can = useCan();
  const nav = useRef<HTMLElement>(null);
  const path = useRouterState({ select: (state) => state.location.pathname });
  useEffect(() => {
    // On a narrow screen the row of tabs scrolls; the present one must be in it.
    const active = nav.current?.querySelector<HTMLElement>('[data-status="active"]');
    if (nav.current && active) nav.current.scrollLeft = active.offsetLeft - nav.current.clientWidth / 2 + active.offsetWidth / 2;
  }, [path]);
  return (
    <nav ref={nav} className={classes.tabs} aria-label="Parts of this agent">
      {tabs
        .filter((tab) => can(tab.needs))
        .map((tab) => (
          <Link key={tab.to} to={tab.to} params={{ agentId: id }} className={classes.tab} activeOptions={{ exact: tab.exact, includeSearch: false }}>
            {tab.label}
            {tab.label === 'Checks' && failing > 0 ? (
              <span className={classes.tabCount} title={`${failing} not passing`}>
                {failing}
                <span className="visually-hidden"> not passing</span>
              </span>
            ) : null}
          </Link>
        ))}
    </nav>
  );
}
