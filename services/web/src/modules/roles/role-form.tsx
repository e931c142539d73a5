import { MultiSelect, Stack, Switch } from '@mantine/core';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import type { RoleInput } from '@/api/admin-types';
import { useApi } from '@/api/context';
import { meKey } from '@/api/queries/account';
import { roleCalls, roleKeys } from '@/api/queries/admin';
import { treeQuery } from '@/api/queries/tree';
import { useDraft } from '@/components/draft';
import { Form } from '@/components/form';
import { NameField } from '@/components/name-field';
import { notifyDone } from '@/components/notify';
import { Panel } from '@/components/page';
import { useCan } from '../account-rights';
import { FlagGroup } from './flag-group';
import { flagGroups } from './flags';
import { RoleWords } from './role-words';
import classes from './roles.module.css';

interface RoleFormProps {
  initial: RoleInput;
  roleId?: number;
  onDone: () => void;
}

/** The editor of a role: rights by group and scope on the left, what they mean in words beside them. */
export function RoleForm({ initial, roleId, onDone }: RoleFormProps) {
  const api = useApi();
  const client = useQueryClient();
  const manage = useCan()('can_manage_roles');
  const tree = useQuery(treeQuery(api)).data;
  const { draft, set, patch, changed } = useDraft(initial);
  const isNew = roleId === undefined;
  return (
    <Form
      what="this role"
      action={isNew ? 'Add role' : 'Save role'}
      changed={changed}
      readOnly={!manage}
      complete={draft.name.trim() !== ''}
      save={() => (isNew ? roleCalls.add(api, draft) : roleCalls.edit(api, roleId, draft))}
      onSaved={async (said) => {
        notifyDone(said);
        onDone();
        await Promise.all([client.invalidateQueries({ queryKey: roleKeys.all }), client.invalidateQueries({ queryKey: meKey })]);
      }}
      onCancel={onDone}
    >
      {(fields, tried) => (
        <div className={classes.editor}>
          <Stack>
            <Panel label="Role">
              <Stack>
                <NameField value={draft.name} wrong={fields.name} tried={tried} onChange={(name) => set('name', name)} />
                <Switch
                  label="Superuser"
                  description="Everything, everywhere. Meant for the few people who run this installation."
                  checked={draft.is_superuser}
                  onChange={(event) => set('is_superuser', event.currentTarget.checked)}
                />
              </Stack>
            </Panel>
            <Panel title="Where">
              <Stack>
                <MultiSelect
                  label="Clients"
                  description="With all of their sites, also new ones"
                  placeholder={draft.can_view_clients.length === 0 ? 'All, unless sites are chosen' : undefined}
                  searchable
                  clearable
                  clearButtonProps={{ 'aria-label': 'Remove all clients' }}
                  disabled={draft.is_superuser}
                  data={tree?.clients.map((each) => ({ value: String(each.id), label: each.name })) ?? []}
                  value={draft.can_view_clients.map(String)}
                  error={fields.can_view_clients}
                  onChange={(ids) => set('can_view_clients', ids.map(Number))}
                />
                <MultiSelect
                  label="Single sites"
                  description="In addition to the clients"
                  placeholder={draft.can_view_sites.length === 0 ? 'None' : undefined}
                  searchable
                  clearable
                  clearButtonProps={{ 'aria-label': 'Remove all sites' }}
                  disabled={draft.is_superuser}
                  data={tree?.clients.map((each) => ({ group: each.name, items: each.sites.map((site) => ({ value: String(site.id), label: site.name })) })) ?? []}
                  value={draft.can_view_sites.map(String)}
                  error={fields.can_view_sites}
                  onChange={(ids) => set('can_view_sites', ids.map(Number))}
                />
              </Stack>
            </Panel>
            <Panel title="What">
              <div className={classes.groups}>
                {flagGroups.map((group) => (
                  <FlagGroup key={group.title} group={group} role={draft} disabled={draft.is_superuser} onChange={patch} />
                ))}
              </div>
            </Panel>
          </Stack>
          <div className={classes.aside}>
            <Panel title="What this role can do">
              <RoleWords role={draft} tree={tree} onGive={manage ? (flag) => patch({ [flag]: true }) : undefined} />
            </Panel>
          </div>
        </div>
      )}
    </Form>
  );
}
