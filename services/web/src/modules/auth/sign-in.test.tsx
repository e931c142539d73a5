import { screen, waitFor } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { describe, expect, it, vi } from 'vitest';
import { renderWith } from '@/test/render';
import { SignIn } from './sign-in';

async function enterCredentials() {
  const user = userEvent.setup();
  await user.type(screen.getByLabelText('Username'), 'admin');
  await user.type(screen.getByLabelText('Password'), 'secret');
  await user.click(screen.getByRole('button', { name: 'Continue' }));
  return user;
}

describe('SignIn', () => {
  it('asks again only for the code when the code was wrong', async () => {
    const done = vi.fn();
    const view = renderWith(<SignIn notice={null} onDone={done} />, {
      'POST /v2/checkcreds/': () => ({ status: 200, body: { totp: true } }),
      'POST /v2/login/': ({ twofactor }) =>
        twofactor === '123456' ? { status: 200, body: { token: 't', username: 'admin' } } : { status: 400, body: 'Bad credentials' },
    });
    const user = await enterCredentials();
    await user.type(await screen.findByLabelText('Digit 1 of 6'), '000000');
    expect(await screen.findByRole('alert')).toHaveTextContent('Bad credentials');
    await user.type(screen.getByLabelText('Digit 1 of 6'), '123456');
    await waitFor(() => expect(done).toHaveBeenCalledOnce());
    expect(view.sessions.get()).toEqual({ token: 't', username: 'admin' });
    expect(view.calls.filter(({ call }) => call.includes('checkcreds'))).toHaveLength(1);
    expect(view.calls.at(-1)?.body).toEqual({ username: 'admin', password: 'secret', twofactor: '123456' });
  });

  it('enrols the second factor in between, the first time', async () => {
    const done = vi.fn();
    renderWith(<SignIn notice={null} onDone={done} />, {
      'POST /v2/checkcreds/': () => ({ status: 200, body: { totp: false, token: 'short', expiry: '' } }),
      'POST /accounts/users/setup_totp/': () => ({ status: 200, body: { username: 'admin', totp_key: 'ABCDEFGH', qr_url: 'otpauth://totp/x:admin?secret=ABCDEFGH&issuer=x' } }),
      'POST /v2/login/': () => ({ status: 200, body: { token: 't', username: 'admin' } }),
    });
    const user = await enterCredentials();
    expect(await screen.findByRole('img', { name: /QR code/ })).toBeVisible();
    expect(screen.getByText('ABCDEFGH')).toBeVisible();
    await user.type(screen.getByLabelText('Digit 1 of 6'), '123456');
    await waitFor(() => expect(done).toHaveBeenCalledOnce());
  });

  it('keeps the refusal of a password in view', async () => {
    renderWith(<SignIn notice="Your session has ended." onDone={vi.fn()} />, {
      'POST /v2/checkcreds/': () => ({ status: 400, body: 'Bad credentials' }),
    });
    expect(screen.getByText('Your session has ended.')).toBeVisible();
    await enterCredentials();
    expect(await screen.findByRole('alert')).toHaveTextContent('Bad credentials');
    expect(screen.getByLabelText('Username')).toHaveValue('admin');
  });
});
