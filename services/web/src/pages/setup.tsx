import { useQueryClient } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { useState } from 'react';
import type { Credentials } from '@/api/queries/account';
import { FirstRun } from '@/modules/auth/first-run';
import { SignIn } from '@/modules/auth/sign-in';

export function SetupPage() {
  const client = useQueryClient();
  const navigate = useNavigate();
  const [created, setCreated] = useState<Credentials | null>(null);
  if (!created) {
    return (
      <FirstRun
        onDone={(credentials) => {
          client.setQueryData(['setup'], { needed: false });
          setCreated(credentials);
        }}
      />
    );
  }
  return <SignIn notice="The administrator was created." initial={created} onDone={() => void navigate({ to: '/agents' })} />;
}
