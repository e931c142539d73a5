import { Alert, Button, PasswordInput, Stack, TextInput } from '@mantine/core';
import { useState } from 'react';
import type { Credentials } from '@/api/queries/account';
import { useSubmit } from './use-submit';

interface CredentialsFormProps {
  username: string;
  password: string;
  onSubmit: (credentials: Credentials) => Promise<void>;
}

export function CredentialsForm({ username: initialName, password: initialPassword, onSubmit }: CredentialsFormProps) {
  const [username, setUsername] = useState(initialName);
  const [password, setPassword] = useState(initialPassword);
  const { busy, error, submit } = useSubmit(onSubmit);
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        if (username && password) void submit({ username: username.trim(), password });
      }}
    >
      <Stack>
        <TextInput
          label="Username"
          name="username"
          autoComplete="username"
          autoCapitalize="off"
          spellCheck={false}
          ref={(input) => {
            if (!initialName && document.activeElement === document.body) input?.focus();
          }}
          value={username}
          onChange={(event) => setUsername(event.currentTarget.value)}
        />
        <PasswordInput
          label="Password"
          name="password"
          autoComplete="current-password"
          value={password}
          onChange={(event) => setPassword(event.currentTarget.value)}
          visibilityToggleButtonProps={{ 'aria-label': 'Show or hide the password', tabIndex: 0 }}
        />
        {error ? (
          <Alert color="red" role="alert">
            {error}
          </Alert>
        ) : null}
        <Button type="submit" size="md" loading={busy} disabled={!username.trim() || !password}>
          Continue
        </Button>
      </Stack>
    </form>
  );
}
