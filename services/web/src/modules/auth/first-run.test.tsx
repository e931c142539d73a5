import { screen, waitFor } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { describe, expect, it, vi } from 'vitest';
import { renderWith } from '@/test/render';
import { FirstRun } from './first-run';

describe('FirstRun', () => {
  it('creates the administrator once the two passwords agree', async () => {
    const done = vi.fn();
    const view = renderWith(<FirstRun onDone={done} />, { 'POST /v1/setup': () => ({ status: 201, body: { id: 1, username: 'root' } }) });
    const user = userEvent.setup();
    const button = screen.getByRole('button', { name: 'Create and sign in' });
    await user.type(screen.getByLabelText('Username'), 'root');
    await user.type(screen.getByLabelText('Password'), 'short');
    expect(screen.getByText('5 more to go')).toBeVisible();
    await user.type(screen.getByLabelText('Password'), ' but longer');
    await user.type(screen.getByLabelText('Password again'), 'short but');
    expect(screen.getByText('The two are not the same')).toBeVisible();
    expect(button).toBeDisabled();
    await user.type(screen.getByLabelText('Password again'), ' longer');
    await user.click(button);
    await waitFor(() => expect(done).toHaveBeenCalledWith({ username: 'root', password: 'short but longer' }));
    expect(view.calls).toHaveLength(1);
  });

  it('says when another was faster', async () => {
    renderWith(<FirstRun onDone={vi.fn()} />, { 'POST /v1/setup': () => ({ status: 404, body: { title: 'Not Found', detail: 'The administrator exists already.' } }) });
    const user = userEvent.setup();
    await user.type(screen.getByLabelText('Username'), 'root');
    await user.type(screen.getByLabelText('Password'), 'long enough');
    await user.type(screen.getByLabelText('Password again'), 'long enough{Enter}');
    expect(await screen.findByRole('alert')).toHaveTextContent('The administrator exists already.');
  });
});
