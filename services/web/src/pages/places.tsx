import { ActionIcon, Button, Stack, TextInput, Tooltip } from '@mantine/core';
import { IconPlus, IconTrash } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { getRouteApi, Link, useNavigate } from '@tanstack/react-router';
import { useState } from 'react';
import type { Client, PlaceInput } from '@/api/admin-types';
import { useApi } from '@/api/context';
import { clientQuery, placeCalls, siteQuery } from '@/api/queries/places';
import { treeQuery } from '@/api/queries/tree';
import { DataTable } from '@/components/data-table';
import { plural } from '@/components/format';
import { LinkButton } from '@/components/link-button';
import { Loaded } from '@/components/loaded';
import { Page, Panel } from '@/components/page';
import { useCan } from '@/modules/account-rights';
import { Needs } from '@/modules/needs';
import { Trouble } from '@/modules/clients/client-list';
import { emptyPlace, PlaceForm } from '@/modules/clients/place-form';
import { RemovePlace, type Place } from '@/modules/clients/remove-place';
import { useRemovePlace } from '@/modules/clients/use-remove-place';
import { useFields } from '@/modules/custom-fields/use-fields';

const clientRoute = getRouteApi('/shell/clients/$clientId');
const newSiteRoute = getRouteApi('/shell/clients/$clientId/sites/new');
const siteRoute = getRouteApi('/shell/clients/$clientId/sites/$siteId');

function pick(place: PlaceInput): PlaceInput {
  const { name, block_policy_inheritance, server_policy, workstation_policy } = place;
  return { name, block_policy_inheritance, server_policy, workstation_policy };
}

export function NewClientPage() {
  const api = useApi();
  const navigate = useNavigate();
  const fields = useFields('client');
  const [site, setSite] = useState('');
  return (
    <Page title="New client" trail={<ClientsLink />} narrow>
      <Needs right="can_manage_clients">
        {fields ? (
          <PlaceForm
            what="this client"
            action="Add client"
            initial={emptyPlace}
            fields={fields}
            stored={[]}
            above="the installation"
            also={{
              complete: site.trim() !== '',
              changed: site !== '',
              render: (tried) => (
                <TextInput
                  label="First site"
                  required
                  maxLength={255}
                  value={site}
                  error={tried && site.trim() === '' ? 'A client has at least one site.' : undefined}
                  onChange={(event) => setSite(event.currentTarget.value)}
                />
              ),
            }}
            save={(client, values) => placeCalls.addClient(api, client, site.trim(), values)}
            onDone={() => void navigate({ to: '/clients' })}
          />
        ) : null}
      </Needs>
    </Page>
  );
}

export function ClientPage() {
  const { clientId } = clientRoute.useParams();
  const id = Number(clientId);
  const api = useApi();
  const navigate = useNavigate();
  const can = useCan();
  const client = useQuery(clientQuery(api, id));
  const tree = useQuery(treeQuery(api)).data;
  const fields = useFields('client');
  const done = () => void navigate({ to: '/clients' });
  const { remove: asked } = clientRoute.useSearch();
  const ask = (what: 'client' | number | undefined) => void navigate({ to: '.', search: { remove: what } });
  const agents = client.data?.sites.reduce((sum, site) => sum + site.agent_count, 0) ?? 0;
  const removing = client.data ? removalOf(client.data, agents, asked) : undefined;
  const remove = useRemovePlace(() => {
    // What was typed about a client that is gone cannot be saved any more.
    if (removing?.kind === 'client') void navigate({ to: '/clients', ignoreBlocker: true });
    else ask(undefined);
  });
  return (
    <Page
      title={client.data?.name ?? 'Client'}
      trail={<ClientsLink />}
      narrow
      lead={
        client.data ? (
          <Link to="/agents" search={{ client: id }}>
            {plural(agents, 'agent')}
          </Link>
        ) : undefined
      }
      actions={
        client.data && can('can_manage_clients') ? (
          <Button variant="default" leftSection={<IconTrash size={16} />} onClick={() => ask('client')}>
            Delete client
          </Button>
        ) : undefined
      }
    >
      <Loaded query={client} what="The client" fresh>
        {(loaded) => (
          <Stack gap="lg">
            {fields ? (
              <PlaceForm
                key={id}
                what="this client"
                action="Save client"
                initial={pick(loaded)}
                fields={fields}
                stored={loaded.custom_fields}
                readOnly={!can('can_manage_clients')}
                above="the installation"
                save={(place, values) => placeCalls.editClient(api, id, place, values)}
                onDone={done}
              />
            ) : null}
            <Sites client={loaded} onRemove={ask} />
          </Stack>
        )}
      </Loaded>
      {removing && tree && can(removing.kind === 'client' ? 'can_manage_clients' : 'can_manage_sites') ? (
        <RemovePlace place={removing} tree={tree} onRemove={(moveTo) => remove(removing, moveTo)} onClose={() => ask(undefined)} />
      ) : null}
    </Page>
  );
}

function ClientsLink() {
  return <Link to="/clients">Clients and sites</Link>;
}

/** What the address asks to delete; nothing for a site that is not there, or is the last one. */
function removalOf(client: Client, agents: number, asked: 'client' | number | undefined): Place | undefined {
  if (asked === 'client') return { kind: 'client', id: client.id, name: client.name, agents, sites: client.sites.length };
  const site = client.sites.length > 1 ? client.sites.find((each) => each.id === asked) : undefined;
  return site && { kind: 'site', id: site.id, name: site.name, agents: site.agent_count };
}

function Sites({ client, onRemove }: { client: Client; onRemove: (site: number) => void }) {
  const manage = useCan()('can_manage_sites');
  const counts = useQuery(treeQuery(useApi())).data?.clients.find((each) => each.id === client.id)?.sites ?? [];
  const clientId = String(client.id);
  return (
    <Panel
      flush
      title="Sites"
      actions={
        manage ? (
          <LinkButton to="/clients/$clientId/sites/new" params={{ clientId }} size="compact-sm" variant="default" leftSection={<IconPlus size={14} />}>
            Add site
          </LinkButton>
        ) : undefined
      }
    >
      <DataTable
        label="Sites"
        rows={client.sites}
        rowKey={(site) => site.id}
        columns={[
          {
            head: 'Name',
            kind: 'lead',
            cell: (site) => (
              <Link to="/clients/$clientId/sites/$siteId" params={{ clientId, siteId: String(site.id) }}>
                {site.name}
              </Link>
            ),
          },
          {
            head: 'Agents',
            kind: 'tight',
            cell: (site) =>
              site.agent_count === 0 ? (
                <span className="muted">none</span>
              ) : (
                <Link to="/agents" search={{ site: site.id }}>
                  {plural(site.agent_count, 'agent')}
                </Link>
              ),
          },
          {
            head: 'State',
            kind: 'tight',
            cell: (site) => {
              const counted = counts.find((each) => each.id === site.id);
              return counted ? <Trouble of={counted} /> : null;
            },
          },
          { head: 'Inherited policies', kind: 'tight', cell: (site) => (site.block_policy_inheritance ? 'Blocked' : 'Apply') },
          {
            head: 'Actions',
            kind: 'tools',
            cell: (site) =>
              manage && client.sites.length > 1 ? (
                <Tooltip label="Delete site">
                  <ActionIcon variant="subtle" color="gray" aria-label={`Delete ${site.name}`} onClick={() => onRemove(site.id)}>
                    <IconTrash size={16} />
                  </ActionIcon>
                </Tooltip>
              ) : null,
          },
        ]}
      />
      {client.sites.length === 1 && manage ? (
        <p className="muted" style={{ margin: 0, padding: '10px 16px' }}>
          The last site of a client can be renamed, but not deleted.
        </p>
      ) : null}
    </Panel>
  );
}

export function NewSitePage() {
  const { clientId } = newSiteRoute.useParams();
  const id = Number(clientId);
  const api = useApi();
  const navigate = useNavigate();
  const owner = useQuery(treeQuery(api)).data?.clients.find((client) => client.id === id);
  const fields = useFields('site');
  return (
    <Page
      title="New site"
      trail={
        <>
          <ClientsLink />
          <Link to="/clients/$clientId" params={{ clientId }}>
            {owner?.name ?? 'Client'}
          </Link>
        </>
      }
      narrow
    >
      <Needs right="can_manage_sites">
        {fields ? (
          <PlaceForm
            what="this site"
            action="Add site"
            initial={emptyPlace}
            fields={fields}
            stored={[]}
            above="the client"
            save={(site, values) => placeCalls.addSite(api, id, site, values)}
            onDone={() => void navigate({ to: '/clients/$clientId', params: { clientId } })}
          />
        ) : null}
      </Needs>
    </Page>
  );
}

export function SitePage() {
  const { clientId, siteId } = siteRoute.useParams();
  const id = Number(siteId);
  const api = useApi();
  const navigate = useNavigate();
  const manage = useCan()('can_manage_sites');
  const site = useQuery(siteQuery(api, id));
  const tree = useQuery(treeQuery(api)).data;
  const fields = useFields('site');
  const { remove: asked } = siteRoute.useSearch();
  const ask = (what: 'site' | undefined) => void navigate({ to: '.', search: { remove: what } });
  const done = () => void navigate({ to: '/clients/$clientId', params: { clientId } });
  const remove = useRemovePlace(() => void navigate({ to: '/clients/$clientId', params: { clientId }, ignoreBlocker: true }));
  const counted = tree?.clients.flatMap((client) => client.sites).find((each) => each.id === id);
  const only = tree?.clients.find((client) => client.sites.some((each) => each.id === id))?.sites.length === 1;
  return (
    <Page
      title={site.data?.name ?? 'Site'}
      trail={
        <>
          <ClientsLink />
          <Link to="/clients/$clientId" params={{ clientId: String(site.data?.client ?? clientId) }}>
            {site.data?.client_name ?? 'Client'}
          </Link>
        </>
      }
      narrow
      lead={
        counted ? (
          <Link to="/agents" search={{ site: id }}>
            {plural(counted.agents, 'agent')}
          </Link>
        ) : undefined
      }
      actions={
        site.data && manage && !only ? (
          <Button variant="default" leftSection={<IconTrash size={16} />} onClick={() => ask('site')}>
            Delete site
          </Button>
        ) : undefined
      }
    >
      <Loaded query={site} what="The site" fresh>
        {(loaded) =>
          fields ? (
            <PlaceForm
              key={id}
              what="this site"
              action="Save site"
              initial={pick(loaded)}
              fields={fields}
              stored={loaded.custom_fields}
              readOnly={!manage}
              above="the client"
              save={(place, values) => placeCalls.editSite(api, id, place, values)}
              onDone={done}
            />
          ) : null
        }
      </Loaded>
      {asked === 'site' && manage && !only && tree && site.data ? (
        <RemovePlace
          place={{ kind: 'site', id, name: site.data.name, agents: counted?.agents ?? 0 }}
          tree={tree}
          onRemove={(moveTo) => remove({ kind: 'site', id, name: site.data.name, agents: counted?.agents ?? 0 }, moveTo)}
          onClose={() => ask(undefined)}
        />
      ) : null}
    </Page>
  );
}
