import { createMemoryHistory, createRootRoute, createRouter, RouterContextProvider } from '@tanstack/react-router';
import { screen, waitFor } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { useState } from 'react';
import { describe, expect, it } from 'vitest';
import type { JobRun } from '@/api/admin-types';
import type { PruneTable } from '@/api/queries/server';
import { renderWith } from '@/test/render';
import { LastRun } from './last-run';
import { Prune } from './prune';

const run = (over: Partial<JobRun>): JobRun => ({
  id: 1, job: 'prune_alerts', scheduled_for: '2026-01-01T10:00:00Z', status: 'succeeded', queued: '2026-01-01T10:00:00Z', started: '2026-01-01T10:00:00Z',
  finished: '2026-01-01T10:00:02Z', attempts: 1, affected: 0, error: null, worker: null, ...over,
}); // prettier-ignore

/** The links of what is drawn need a router, not pages. */
function Routed({ children }: { children: React.ReactNode }) {
  const [router] = useState(() => createRouter({ routeTree: createRootRoute(), history: createMemoryHistory() }));
  return <RouterContextProvider router={router as never}>{children}</RouterContextProvider>;
}

function Page() {
  const [state, setState] = useState<{ chosen: PruneTable[]; asking: boolean }>({ chosen: [], asking: false });
  return (
    <Routed>
      <Prune {...state} onChange={(chosen, asking) => setState({ chosen, asking })} />
    </Routed>
  );
}

const runsOf = (runs: Record<string, JobRun[]>) =>
  Object.fromEntries(
    ['prune_check_run_audit', 'prune_completed_actions', 'prune_alerts'].map((job) => [
      `GET /v1/jobs/runs?job=${job}&limit=1`,
      () => ({ status: 200, body: { items: runs[job] ?? [], next_cursor: null } }),
    ]),
  );
const rows = {
  'GET /v1/server/prunable': () => ({
    status: 200,
    body: { items: [{ table: 'audit_logs', rows: 0 }, { table: 'pending_actions', rows: 1200 }, { table: 'alerts', rows: 34 }] },
  }),
};

describe('Prune', () => {
  it('says how many rows go, asks for the word and sends exactly the chosen tables', async () => {
    const view = renderWith(<Page />, {
      ...runsOf({}),
      ...rows,
      'POST /core/servermaintenance/': () => ({ status: 200, body: '1234 records were pruned from the database' }),
    });
    const user = userEvent.setup();
    await screen.findByText(/1,200 rows now/);
    await user.click(screen.getByRole('checkbox', { name: 'Pending actions that are done' }));
    await user.click(screen.getByRole('checkbox', { name: 'All alerts' }));
    await user.click(screen.getByRole('button', { name: 'Delete these rows…' }));
    const dialog = await screen.findByRole('dialog', { name: 'Delete 1,234 rows for good?' });
    expect(dialog).toHaveTextContent('Pending actions that are done: 1,200 rows');
    const confirm = screen.getByRole('button', { name: 'Delete 1,234 rows' });
    expect(confirm).toBeDisabled();
    await user.type(screen.getByRole('textbox'), 'prune');
    await user.click(confirm);
    await waitFor(() => expect(screen.queryByRole('dialog')).toBeNull());
    expect(view.calls.find(({ call }) => call.startsWith('POST'))?.body).toEqual({ action: 'prune_db', prune_tables: ['pending_actions', 'alerts'] });
    expect(screen.getByRole('checkbox', { name: 'All alerts' })).not.toBeChecked();
  });

  it('counts again when a run has ended, and reads no more than the runs that it started', async () => {
    let alerts = run({ id: 1 });
    const view = renderWith(<Page />, {
      ...runsOf({}),
      'GET /v1/jobs/runs?job=prune_alerts&limit=1': () => ({ status: 200, body: { items: [alerts], next_cursor: null } }),
      ...rows,
      'POST /core/servermaintenance/': () => {
        alerts = run({ id: 2, status: 'running', finished: null });
        return { status: 200, body: 'ok' };
      },
    });
    const user = userEvent.setup();
    const asked = (what: string) => view.calls.filter(({ call }) => call.includes(what)).length;
    await screen.findByText(/34 rows now/);
    await screen.findByText('Done');
    await user.click(screen.getByRole('checkbox', { name: 'All alerts' }));
    await user.click(screen.getByRole('button', { name: 'Delete these rows…' }));
    await user.type(await screen.findByRole('textbox'), 'prune');
    await user.click(screen.getByRole('button', { name: 'Delete 34 rows' }));
    await screen.findByText('Running');
    expect(asked('/v1/server/prunable')).toBe(1);
    expect(asked('job=prune_completed_actions')).toBe(1);
    alerts = run({ id: 2, affected: 34 });
    await waitFor(() => expect(asked('/v1/server/prunable')).toBe(2), { timeout: 30_000 });
    expect(screen.getByText('Done')).toBeVisible();
  });

  it('does not ask about rows that do not exist', async () => {
    renderWith(<Page />, { ...runsOf({}), ...rows });
    await screen.findByText(/1,200 rows now/);
    await userEvent.click(screen.getByRole('checkbox', { name: 'Audit rows about check runs' }));
    expect(screen.getByRole('button', { name: 'Delete these rows…' })).toBeDisabled();
    expect(screen.getByText('There are no such rows now.')).toBeVisible();
  });
});

describe('LastRun', () => {
  const draw = (answered: JobRun) =>
    renderWith(
      <Routed>
        <LastRun job="prune_alerts" unit="row" />
      </Routed>,
      runsOf({ prune_alerts: [answered] }),
    );

  it('tells how far a run is', async () => {
    draw(run({ status: 'running', finished: null, affected: 20_000 }));
    expect(await screen.findByText('Running')).toBeVisible();
    expect(screen.getByRole('status')).toHaveTextContent(/20,000 rows so far/);
  });

  it('tells how one ended, and leads to all of them', async () => {
    draw(run({ affected: 34 }));
    expect(await screen.findByText('Done')).toBeVisible();
    expect(screen.getByRole('status')).toHaveTextContent(/34 rows in 2 s/);
    expect(screen.getByRole('link', { name: 'All runs' })).toHaveAttribute('href', expect.stringContaining('prune_alerts'));
  });

  it('keeps the reason of a failure in view', async () => {
    draw(run({ status: 'failed', error: 'statement timeout' }));
    expect(await screen.findByText('statement timeout')).toBeVisible();
  });
});
