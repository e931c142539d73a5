import { Button, Group, PasswordInput, Stack, Text } from '@mantine/core';
import { IconShieldOff } from '@tabler/icons-react';
import { useQueryClient } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { useState } from 'react';
import { useServices } from '@/api/context';
import { messageOf } from '@/api/errors';
import { accountCalls } from '@/api/queries/account';
import { profileCalls } from '@/api/queries/profile';
import { ConfirmTyped } from '@/components/confirm-typed';
import { notifyDone } from '@/components/notify';
import { Panel } from '@/components/page';
import { useUnsaved } from '@/components/unsaved';
import { useSave } from '@/components/use-save';

/** The shortest password that this form sends; the server has the last word. */
const shortest = 8;

export function OwnPassword() {
  const { api } = useServices();
  const [password, setPassword] = useState('');
  const [again, setAgain] = useState('');
  const { busy, error, tried, submit } = useSave(
    () => profileCalls.setPassword(api, password),
    (said) => {
      setPassword('');
      setAgain('');
      notifyDone(said);
    },
  );
  const guard = useUnsaved({ changed: password !== '' || again !== '', what: 'your password' });
  const short = password.length < shortest;
  const differs = password !== again;
  return (
    <Panel title="Password">
      <form
        noValidate
        onSubmit={(event) => {
          event.preventDefault();
          void submit(!short && !differs);
        }}
      >
        <Stack maw={380}>
          <PasswordInput
            label="New password"
            autoComplete="new-password"
            value={password}
            error={error ? messageOf(error) : tried && short ? `At least ${shortest} characters.` : undefined}
            onChange={(event) => setPassword(event.currentTarget.value)}
            visibilityToggleButtonProps={{ 'aria-label': 'Show or hide the new password' }}
          />
          <PasswordInput
            label="New password again"
            autoComplete="new-password"
            value={again}
            error={tried && differs ? 'This is not the same.' : undefined}
            onChange={(event) => setAgain(event.currentTarget.value)}
            visibilityToggleButtonProps={{ 'aria-label': 'Show or hide the repeated password' }}
          />
          <Group>
            <Button type="submit" loading={busy} disabled={password === ''}>
              Set password
            </Button>
          </Group>
        </Stack>
      </form>
      {guard.dialog}
    </Panel>
  );
}

/** A new start with the second factor: it is set up again at the next sign-in, which comes at once. */
export function OwnSecondFactor({ username }: { username: string }) {
  const { api, sessions } = useServices();
  const client = useQueryClient();
  const navigate = useNavigate();
  const [asking, setAsking] = useState(false);
  const reset = async () => {
    await profileCalls.resetTotp(api);
    // Nobody should stay signed in without a second factor for longer than needed.
    await accountCalls.logout(api).catch(() => undefined);
    sessions.end();
    client.clear();
    await navigate({ to: '/login' });
  };
  return (
    <Panel title="Second factor">
      <Stack>
        <Text size="sm" c="dimmed">
          Set up anew for another phone or another app. You are signed out and set it up as you sign in again: have your password at hand.
        </Text>
        <Group>
          <Button variant="default" leftSection={<IconShieldOff size={16} />} onClick={() => setAsking(true)}>
            Set up anew…
          </Button>
        </Group>
      </Stack>
      <ConfirmTyped opened={asking} title="Set up the second factor anew?" word={username} action="Reset and sign out" onConfirm={reset} onClose={() => setAsking(false)}>
        <Text size="sm">The codes of your present app are worthless afterwards.</Text>
      </ConfirmTyped>
    </Panel>
  );
}
