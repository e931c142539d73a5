import { screen } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { describe, expect, it, vi } from 'vitest';
import { renderWith } from '@/test/render';
import { ConfirmTyped } from './confirm-typed';

describe('ConfirmTyped', () => {
  it('acts only on the exact name and keeps a refusal in view', async () => {
    const confirm = vi.fn().mockRejectedValue(new Error('Unable to contact the agent'));
    renderWith(
      <ConfirmTyped opened title="Reboot?" word="web-1" action="Reboot now" onConfirm={confirm} onClose={vi.fn()}>
        It restarts at once.
      </ConfirmTyped>,
      {},
    );
    const user = userEvent.setup();
    const button = screen.getByRole('button', { name: 'Reboot now' });
    await user.type(screen.getByRole('textbox'), 'web-');
    expect(button).toBeDisabled();
    await user.type(screen.getByRole('textbox'), '1{Enter}');
    expect(await screen.findByRole('alert')).toHaveTextContent('Unable to contact the agent');
    expect(confirm).toHaveBeenCalledOnce();
  });
});
