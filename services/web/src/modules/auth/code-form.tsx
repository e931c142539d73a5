import { Alert, Button, Center, PinInput, Stack } from '@mantine/core';
import { useState } from 'react';
import { useSubmit } from './use-submit';

const digits = 6;

interface CodeFormProps {
  onSubmit: (code: string) => Promise<void>;
  onBack: () => void;
}

/** Six digits; complete is sent. A wrong code clears the boxes and asks again. */
export function CodeForm({ onSubmit, onBack }: CodeFormProps) {
  const [code, setCode] = useState('');
  const [attempt, setAttempt] = useState(0);
  const { busy, error, submit } = useSubmit(onSubmit);
  const send = async (full: string) => {
    const accepted = await submit(full);
    if (accepted) return;
    setCode('');
    setAttempt((present) => present + 1);
  };
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        if (code.length === digits) void send(code);
      }}
    >
      <Stack>
        <Center>
          <PinInput
            key={attempt}
            length={digits}
            type="number"
            oneTimeCode
            // eslint-disable-next-line jsx-a11y/no-autofocus -- the step has this one field, and the user just asked for it
            autoFocus
            size="md"
            aria-label="Authenticator code"
            getInputProps={(index) => ({ 'aria-label': `Digit ${index + 1} of ${digits}` })}
            value={code}
            onChange={setCode}
            onComplete={(full) => void send(full)}
            disabled={busy}
            error={error !== null}
          />
        </Center>
        {error ? (
          <Alert color="red" role="alert">
            {error}
          </Alert>
        ) : null}
        <Button type="submit" size="md" loading={busy} disabled={code.length !== digits}>
          Sign in
        </Button>
        <Button variant="subtle" onClick={onBack}>
          Use another account
        </Button>
      </Stack>
    </form>
  );
}
