import { Group } from '@mantine/core';
import { IconCopy, IconPlus, IconShieldLock } from '@tabler/icons-react';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { getRouteApi, Link, useNavigate } from '@tanstack/react-router';
import type { Role } from '@/api/admin-types';
import { useApi } from '@/api/context';
import { roleCalls, roleKeys, roleQuery, rolesQuery, userKeys } from '@/api/queries/admin';
import { treeQuery } from '@/api/queries/tree';
import { Badge } from '@/components/badge';
import { DataTable } from '@/components/data-table';
import { plural } from '@/components/format';
import { LinkButton } from '@/components/link-button';
import { Loaded } from '@/components/loaded';
import { Page, Panel } from '@/components/page';
import { RemoveButton } from '@/components/remove-button';
import { EmptyState } from '@/components/states';
import { useCan } from '@/modules/account-rights';
import { Needs } from '@/modules/needs';
import { scopeSentence } from '@/modules/roles/explain';
import { allFlags, emptyRole } from '@/modules/roles/flags';
import { writable } from '@/modules/roles/pick-role';
import { RoleForm } from '@/modules/roles/role-form';

const newRoute = getRouteApi('/shell/settings/roles/new');
const oneRoute = getRouteApi('/shell/settings/roles/$roleId');

const trail = <Link to="/settings/roles">Roles</Link>;

export function RolesPage() {
  const api = useApi();
  const roles = useQuery(rolesQuery(api));
  const tree = useQuery(treeQuery(api)).data;
  const manage = useCan()('can_manage_roles');
  const add = manage ? (
    <LinkButton to="/settings/roles/new" leftSection={<IconPlus size={16} />}>
      New role
    </LinkButton>
  ) : null;
  return (
    <Page title="Roles" lead="What people may do, and for which clients and sites." actions={add}>
      <Panel flush label="Roles">
        <Loaded query={roles} what="Roles">
          {(list) =>
            list.length === 0 ? (
              <EmptyState icon={<IconShieldLock size={22} />} title="No roles yet" actions={add}>
                Users without a role can sign in, but see nothing.
              </EmptyState>
            ) : (
              <DataTable
                label="Roles"
                rows={list}
                rowKey={(role) => role.id}
                columns={[
                  {
                    head: 'Name',
                    kind: 'lead',
                    cell: (role) => (
                      <Link to="/settings/roles/$roleId" params={{ roleId: String(role.id) }}>
                        {role.name}
                      </Link>
                    ),
                  },
                  { head: 'Can do', cell: (role) => <Reach role={role} /> },
                  { head: 'Where', cell: (role) => (role.is_superuser ? 'Everywhere' : scopeSentence(role, tree)) },
                  { head: 'Users', kind: 'number', cell: (role) => role.user_count },
                ]}
              />
            )
          }
        </Loaded>
      </Panel>
    </Page>
  );
}

function Reach({ role }: { role: Role }) {
  if (role.is_superuser) {
    return (
      <Badge tone="warn" pill icon={<IconShieldLock size={13} />}>
        Everything
      </Badge>
    );
  }
  return plural(allFlags.filter((flag) => role[flag]).length, 'right');
}

export function NewRolePage() {
  const api = useApi();
  const navigate = useNavigate();
  const { copy } = newRoute.useSearch();
  const model = useQuery({ ...roleQuery(api, copy ?? 0), enabled: copy !== undefined });
  const done = () => void navigate({ to: '/settings/roles' });
  return (
    <Page title="New role" trail={trail}>
      <Needs right="can_manage_roles">
        {copy === undefined ? (
          <RoleForm initial={emptyRole()} onDone={done} />
        ) : (
          <Loaded query={model} fresh what="The role">
            {(role) => <RoleForm key={copy} initial={{ ...writable(role), name: `${role.name} (copy)` }} onDone={done} />}
          </Loaded>
        )}
      </Needs>
    </Page>
  );
}

export function RolePage() {
  const { roleId } = oneRoute.useParams();
  const id = Number(roleId);
  const api = useApi();
  const navigate = useNavigate();
  const client = useQueryClient();
  const role = useQuery({ ...roleQuery(api, id), refetchOnWindowFocus: false });
  const manage = useCan()('can_manage_roles');
  const done = () => void navigate({ to: '/settings/roles' });
  const actions =
    role.data && manage ? (
      <Group gap="xs">
        <LinkButton variant="default" to="/settings/roles/new" search={{ copy: id }} leftSection={<IconCopy size={16} />}>
          Copy
        </LinkButton>
        <RemoveButton
          wide
          name={role.data.name}
          action="Delete role"
          question={
            role.data.user_count > 0
              ? `${plural(role.data.user_count, 'user')} will have no role, and so no rights.`
              : 'Nobody has this role.'
          }
          done={`The role ${role.data.name} was deleted`}
          remove={() => roleCalls.remove(api, id)}
          onRemoved={async () => {
            void navigate({ to: '/settings/roles', ignoreBlocker: true });
            await Promise.all([client.invalidateQueries({ queryKey: roleKeys.all, exact: true }), client.invalidateQueries({ queryKey: userKeys.all })]);
          }}
        />
      </Group>
    ) : null;
  return (
    <Page title={role.data?.name ?? 'Role'} trail={trail} lead={role.data ? plural(role.data.user_count, 'user') : undefined} actions={actions}>
      <Loaded query={role} fresh what="The role">
        {(loaded) => <RoleForm key={id} initial={writable(loaded)} roleId={id} onDone={done} />}
      </Loaded>
    </Page>
  );
}
