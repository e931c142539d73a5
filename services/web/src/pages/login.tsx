import { useQuery } from '@tanstack/react-query';
import { getRouteApi, Navigate, useRouter } from '@tanstack/react-router';
import { useApi } from '@/api/context';
import { setupQuery } from '@/api/queries/account';
import { SignIn } from '@/modules/auth/sign-in';

const route = getRouteApi('/login');

export function LoginPage() {
  const { next, reason } = route.useSearch();
  const router = useRouter();
  const setup = useQuery(setupQuery(useApi()));
  if (setup.data?.needed) return <Navigate to="/setup" replace />;
  return (
    <SignIn
      notice={reason === 'expired' ? 'Your session has ended. Sign in to go on where you were.' : null}
      onDone={() => router.history.replace(`${router.options.basepath ?? ''}${next ?? '/agents'}`)}
    />
  );
}
