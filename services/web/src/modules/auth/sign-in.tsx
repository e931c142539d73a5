import { Alert } from '@mantine/core';
import { useState } from 'react';
import { useApi, useServices } from '@/api/context';
import { accountCalls, type Credentials, type Enrolling } from '@/api/queries/account';
import { AuthCard } from './auth-card';
import { CodeForm } from './code-form';
import { CredentialsForm } from './credentials-form';
import { EnrolSecondFactor } from './enrol-second-factor';

type Step = { name: 'credentials' } | { name: 'code'; credentials: Credentials } | { name: 'enrol'; credentials: Credentials; enrolling: Enrolling };

interface SignInProps {
  /** Said above the form, for example that the session has ended. */
  notice: string | null;
  /** Credentials that were just chosen on the set-up page. */
  initial?: Credentials;
  onDone: () => void;
}

/**
 * Sign-in in two steps; the first time, the second factor is enrolled in between. The password is kept only in memory, so that
 * a mistyped code costs another code and not the whole way again.
 */
export function SignIn({ notice, initial, onDone }: SignInProps) {
  const api = useApi();
  const { sessions } = useServices();
  const [step, setStep] = useState<Step>({ name: 'credentials' });
  const [username, setUsername] = useState(initial?.username ?? '');

  const check = async (credentials: Credentials) => {
    setUsername(credentials.username);
    const reply = await accountCalls.check(api, credentials);
    if (reply.totp) {
      setStep({ name: 'code', credentials });
      return;
    }
    const enrolling = await accountCalls.enrol(api, reply.token);
    setStep(enrolling === false ? { name: 'code', credentials } : { name: 'enrol', credentials, enrolling });
  };
  const login = async (credentials: Credentials, code: string) => {
    const reply = await accountCalls.login(api, credentials, code);
    sessions.begin({ token: reply.token, username: reply.username });
    onDone();
  };
  const restart = () => setStep({ name: 'credentials' });

  if (step.name === 'code') {
    return (
      <AuthCard title="Second step" lead={`Enter the code of your authenticator app for ${step.credentials.username}.`}>
        <CodeForm onSubmit={(code) => login(step.credentials, code)} onBack={restart} />
      </AuthCard>
    );
  }
  if (step.name === 'enrol') {
    return (
      <AuthCard title="Protect your account" lead="Scan this with an authenticator app, then enter the code it shows. You will need the app each time you sign in.">
        <EnrolSecondFactor enrolling={step.enrolling} onSubmit={(code) => login(step.credentials, code)} onBack={restart} />
      </AuthCard>
    );
  }
  return (
    <AuthCard title="Sign in">
      {notice ? (
        <Alert mb="md" color="yellow" role="status">
          {notice}
        </Alert>
      ) : null}
      <CredentialsForm username={username} password={initial?.password ?? ''} onSubmit={check} />
    </AuthCard>
  );
}
