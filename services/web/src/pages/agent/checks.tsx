import { Stack } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { getRouteApi } from '@tanstack/react-router';
import { useApi } from '@/api/context';
import { checksQuery } from '@/api/queries/checks';
import { EmptyState, ErrorState, RowsSkeleton } from '@/components/states';
import { CheckDetail } from '@/modules/checks/check-detail';
import { CheckForm } from '@/modules/checks/check-form';
import { CheckList } from '@/modules/checks/check-list';
import { draftOf, newDraft } from '@/modules/checks/draft';
import { Needs } from '@/modules/needs';
import { useAgent } from './use-agent';

const newRoute = getRouteApi('/shell/agents/$agentId/checks/new');
const oneRoute = getRouteApi('/shell/agents/$agentId/checks/$checkId');
const editRoute = getRouteApi('/shell/agents/$agentId/checks/$checkId/edit');

export function ChecksPage() {
  const { id, row } = useAgent();
  return (
    <div style={{ maxWidth: 1240 }}>
      <CheckList id={id} online={row.connected || row.status === 'online'} />
    </div>
  );
}

export function NewCheckPage() {
  const { id } = useAgent();
  const { type = 'cpuload' } = newRoute.useSearch();
  const navigate = newRoute.useNavigate();
  return (
    <Stack maw={760}>
      <Needs right="can_manage_checks">
        <CheckForm
          agentId={id}
          initial={newDraft(type)}
          onType={(next) => void navigate({ search: { type: next }, replace: true })}
          onDone={() => void navigate({ to: '/agents/$agentId/checks', params: { agentId: id } })}
        />
      </Needs>
    </Stack>
  );
}

export function CheckPage() {
  const { id } = useAgent();
  const { checkId } = oneRoute.useParams();
  const { days = 1 } = oneRoute.useSearch();
  const navigate = oneRoute.useNavigate();
  return (
    <CheckDetail
      agentId={id}
      checkId={Number(checkId)}
      range={days}
      onRange={(range) => void navigate({ search: { days: range }, replace: true })}
    />
  );
}

export function EditCheckPage() {
  const { id } = useAgent();
  const { checkId } = editRoute.useParams();
  const navigate = editRoute.useNavigate();
  const checks = useQuery(checksQuery(useApi(), id));
  if (checks.isPending) return <RowsSkeleton label="Loading the check" />;
  if (checks.isError) return <ErrorState title="The check could not be loaded" error={checks.error} onRetry={() => void checks.refetch()} />;
  const check = checks.data.find((each) => each.id === Number(checkId));
  const draft = check ? draftOf(check) : null;
  if (!draft) return <EmptyState icon="?" title="This check cannot be edited here" />;
  return (
    <Stack maw={760}>
      <Needs right="can_manage_checks">
        <CheckForm
          agentId={id}
          initial={draft}
          checkId={Number(checkId)}
          onDone={() => void navigate({ to: '/agents/$agentId/checks/$checkId', params: { agentId: id, checkId } })}
        />
      </Needs>
    </Stack>
  );
}
