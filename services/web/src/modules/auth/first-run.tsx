import { Alert, Button, PasswordInput, Stack, TextInput } from '@mantine/core';
import { useState } from 'react';
import { useApi } from '@/api/context';
import { accountCalls, type Credentials } from '@/api/queries/account';
import { AuthCard } from './auth-card';
import { useSubmit } from './use-submit';

/** Shorter passwords are refused here; the server may ask for more. */
const shortest = 10;

/** A fresh installation: creates its first administrator. */
export function FirstRun({ onDone }: { onDone: (credentials: Credentials) => void }) {
  const api = useApi();
  const [username, setUsername] = useState('');
  const [password, setPassword] = useState('');
  const [repeat, setRepeat] = useState('');
  const { busy, error, submit } = useSubmit(async (credentials: Credentials) => {
    await accountCalls.setup(api, credentials);
    onDone(credentials);
  });
  const tooShort = password !== '' && password.length < shortest;
  const differs = repeat !== '' && repeat !== password;
  const ready = username.trim() !== '' && password.length >= shortest && repeat === password;
  return (
    <AuthCard title="Create the administrator" lead="This installation is new. The first account may do everything; add others later.">
      <form
        onSubmit={(event) => {
          event.preventDefault();
          if (ready) void submit({ username: username.trim(), password });
        }}
      >
        <Stack>
          <TextInput label="Username" autoComplete="username" autoCapitalize="off" spellCheck={false} value={username} onChange={(event) => setUsername(event.currentTarget.value)} />
          <PasswordInput
            label="Password"
            description={`At least ${shortest} characters`}
            autoComplete="new-password"
            value={password}
            error={tooShort ? `${shortest - password.length} more to go` : undefined}
            onChange={(event) => setPassword(event.currentTarget.value)}
          />
          <PasswordInput
            label="Password again"
            autoComplete="new-password"
            value={repeat}
            error={differs ? 'The two are not the same' : undefined}
            onChange={(event) => setRepeat(event.currentTarget.value)}
          />
          {error ? (
            <Alert color="red" role="alert">
              {error}
            </Alert>
          ) : null}
          <Button type="submit" size="md" loading={busy} disabled={!ready}>
            Create and sign in
          </Button>
        </Stack>
      </form>
    </AuthCard>
  );
}
