import { SegmentedControl } from '@mantine/core';
import { IconLink, IconPlus } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { getRouteApi, Link, useNavigate } from '@tanstack/react-router';
import type { UrlAction, UrlActionInput, UrlActionType } from '@/api/admin-types';
import { useApi } from '@/api/context';
import { urlActionCalls, urlActionsKey, urlActionsQuery } from '@/api/queries/core';
import { DataTable, Sub } from '@/components/data-table';
import { LinkButton } from '@/components/link-button';
import { Loaded } from '@/components/loaded';
import { Page, Panel } from '@/components/page';
import { RemoveButton } from '@/components/remove-button';
import { EmptyState } from '@/components/states';
import { useCan } from '@/modules/account-rights';
import { Needs } from '@/modules/needs';
import { ActionForm, emptyAction } from '@/modules/url-actions/action-form';

const listRoute = getRouteApi('/shell/settings/url-actions');
const newRoute = getRouteApi('/shell/settings/url-actions/new');
const oneRoute = getRouteApi('/shell/settings/url-actions/$actionId');

export function UrlActionsPage() {
  const actions = useQuery(urlActionsQuery(useApi()));
  const edit = useCan()('can_edit_core_settings');
  const { kind = 'web' } = listRoute.useSearch();
  const navigate = listRoute.useNavigate();
  const hooks = kind === 'rest';
  const add = edit ? (
    <LinkButton to="/settings/url-actions/new" search={{ kind }} leftSection={<IconPlus size={16} />}>
      {hooks ? 'New web hook' : 'New link'}
    </LinkButton>
  ) : null;
  return (
    <Page title="URL actions" lead="Links to open for an agent, site or client, and web hooks that the server calls." actions={add}>
      <Panel
        flush
        label="URL actions"
        title={
          <SegmentedControl
            size="xs"
            aria-label="Kind of action"
            data={[
              { value: 'web', label: 'Links' },
              { value: 'rest', label: 'Web hooks' },
            ]}
            value={kind}
            onChange={(next) => void navigate({ search: { kind: next } })}
          />
        }
      >
        <Loaded query={actions} what="URL actions">
          {(all) => {
            const list = all.filter((action) => action.action_type === kind);
            if (list.length === 0) {
              return (
                <EmptyState icon={<IconLink size={22} />} title={hooks ? 'No web hooks yet' : 'No links yet'} actions={add}>
                  {hooks ? 'Tell a chat, a ticket system or any other program about alerts.' : 'For example to the page about a machine in your own wiki.'}
                </EmptyState>
              );
            }
            return (
              <DataTable
                label="URL actions"
                rows={list}
                rowKey={(action) => action.id}
                columns={[
                  {
                    head: 'Name',
                    kind: 'lead',
                    cell: (action) => (
                      <>
                        <Link to="/settings/url-actions/$actionId" params={{ actionId: String(action.id) }}>
                          {action.name}
                        </Link>
                        {action.desc ? <Sub>{action.desc}</Sub> : null}
                      </>
                    ),
                  },
                  ...(hooks ? [{ head: 'Method', kind: 'tight' as const, cell: (action: UrlAction) => action.rest_method.toUpperCase() }] : []),
                  {
                    head: 'Address',
                    kind: 'wide',
                    cell: (action) => (
                      <span className="mono" title={action.pattern}>
                        {action.pattern}
                      </span>
                    ),
                  },
                  {
                    head: 'Actions',
                    kind: 'tools',
                    cell: (action) => (edit ? <RemoveAction action={action} /> : null),
                  },
                ]}
              />
            );
          }}
        </Loaded>
      </Panel>
    </Page>
  );
}

interface RemoveActionProps {
  action: UrlAction;
  wide?: boolean;
  onRemoved?: () => void;
}

function RemoveAction({ action, wide, onRemoved }: RemoveActionProps) {
  const api = useApi();
  return (
    <RemoveButton
      wide={wide}
      name={action.name}
      action="Delete action"
      question={`Delete “${action.name}”? Alert templates that call it do nothing instead.`}
      done={`${action.name} was deleted`}
      remove={() => urlActionCalls.remove(api, action.id)}
      stale={urlActionsKey}
      onRemoved={onRemoved}
    />
  );
}

function Trail({ kind }: { kind: UrlActionType }) {
  return (
    <Link to="/settings/url-actions" search={{ kind }}>
      URL actions
    </Link>
  );
}

export function NewUrlActionPage() {
  const navigate = useNavigate();
  const { kind = 'web' } = newRoute.useSearch();
  return (
    <Page title={kind === 'rest' ? 'New web hook' : 'New link'} trail={<Trail kind={kind} />} narrow>
      <Needs right="can_edit_core_settings">
        <ActionForm initial={emptyAction(kind)} onDone={() => void navigate({ to: '/settings/url-actions', search: { kind } })} />
      </Needs>
    </Page>
  );
}

export function UrlActionPage() {
  const { actionId } = oneRoute.useParams();
  const navigate = useNavigate();
  const id = Number(actionId);
  const actions = useQuery({ ...urlActionsQuery(useApi()), refetchOnWindowFocus: false });
  const action = actions.data?.find((each) => each.id === id);
  const edit = useCan()('can_edit_core_settings');
  return (
    <Page
      title={action?.name ?? 'URL action'}
      trail={<Trail kind={action?.action_type ?? 'web'} />}
      narrow
      actions={
        action && edit ? <RemoveAction wide action={action} onRemoved={() => void navigate({ to: '/settings/url-actions', search: { kind: action.action_type }, ignoreBlocker: true })} /> : undefined
      }
    >
      <Loaded query={actions} what="The action" fresh>
        {() =>
          action ? (
            <ActionForm key={id} actionId={id} initial={pick(action)} onDone={() => void navigate({ to: '/settings/url-actions', search: { kind: action.action_type } })} />
          ) : (
            <EmptyState icon={<IconLink size={22} />} title="This action is gone">
              Somebody deleted it.
            </EmptyState>
          )
        }
      </Loaded>
    </Page>
  );
}

function pick(action: UrlAction): UrlActionInput {
  const { name, desc, pattern, action_type, rest_method, rest_body, rest_headers } = action;
  return { name, desc, pattern, action_type, rest_method, rest_body, rest_headers };
}
