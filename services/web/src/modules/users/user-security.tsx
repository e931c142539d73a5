import { Button, Group, PasswordInput, Stack, Text } from '@mantine/core';
import { IconKey, IconShieldOff } from '@tabler/icons-react';
import { useState } from 'react';
import type { User } from '@/api/admin-types';
import { useApi } from '@/api/context';
import { messageOf } from '@/api/errors';
import { userCalls } from '@/api/queries/admin';
import { ConfirmButton } from '@/components/confirm-button';
import { notifyDone, notifyFailed } from '@/components/notify';
import { Panel } from '@/components/page';
import { useUnsaved } from '@/components/unsaved';
import { useSave } from '@/components/use-save';

/** Gives somebody a new password or a new start with the second factor. */
export function UserSecurity({ user }: { user: User }) {
  const api = useApi();
  const [password, setPassword] = useState('');
  const { busy, error, tried, submit } = useSave(
    () => userCalls.setPassword(api, user.id, password),
    () => {
      setPassword('');
      notifyDone(`${user.username} has a new password`);
    },
  );
  const guard = useUnsaved({ changed: password !== '', what: `the password of ${user.username}` });
  const resetTotp = async () => {
    try {
      notifyDone(await userCalls.resetTotp(api, user.id));
    } catch (cause) {
      notifyFailed('The second factor was not reset', cause);
    }
  };
  return (
    <Panel title="Getting in">
      <Stack>
        <form
          noValidate
          onSubmit={(event) => {
            event.preventDefault();
            void submit(password !== '');
          }}
        >
          <Group align="end" gap="xs">
            <PasswordInput
              style={{ flex: '1 1 220px', maxWidth: 360 }}
              label="New password"
              autoComplete="new-password"
              value={password}
              error={error ? messageOf(error) : tried && password === '' ? 'Give a password.' : undefined}
              onChange={(event) => setPassword(event.currentTarget.value)}
              visibilityToggleButtonProps={{ 'aria-label': 'Show or hide the password' }}
            />
            <Button type="submit" variant="default" leftSection={<IconKey size={16} />} loading={busy}>
              Reset password
            </Button>
          </Group>
        </form>
        <Group justify="space-between" gap="xs">
          <Text size="sm" c="dimmed" style={{ flex: '1 1 260px' }}>
            After a reset the second factor is set up again at the next sign-in. Present sessions go on.
          </Text>
          <ConfirmButton
            question={`Whoever has the password of ${user.username} can then set up a second factor of their own.`}
            action="Reset second factor"
            onConfirm={() => void resetTotp()}
          >
            {(open) => (
              <Button variant="default" leftSection={<IconShieldOff size={16} />} onClick={open}>
                Reset second factor
              </Button>
            )}
          </ConfirmButton>
        </Group>
      </Stack>
      {guard.dialog}
    </Panel>
  );
}
