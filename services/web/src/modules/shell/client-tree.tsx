import { Button, Skeleton, Stack, TextInput } from '@mantine/core';
import { IconAlertTriangle, IconChevronRight, IconCircleX, IconFilter } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { Link, useSearch } from '@tanstack/react-router';
import { useState } from 'react';
import { useApi } from '@/api/context';
import { messageOf } from '@/api/errors';
import { preferencesQuery } from '@/api/queries/profile';
import { treeQuery } from '@/api/queries/tree';
import type { TreeClient, TreeSite } from '@/api/types';
import { count } from '@/components/format';
import classes from './client-tree.module.css';
import { ordered } from './tree-order';

/** From this many clients on, a filter box appears over the tree. */
const filterFrom = 8;

/** Clients and their sites with what fails in them; choosing one narrows the agent list. */
export function ClientTree({ onNavigate }: { onNavigate: () => void }) {
  const tree = useQuery(treeQuery(useApi()));
  const search = useSearch({ strict: false });
  const choices = useQuery(preferencesQuery(useApi())).data;
  const [filter, setFilter] = useState('');
  const [toggled, setToggled] = useState<ReadonlyMap<number, boolean>>(new Map());

  if (tree.isPending) {
    return (
      <Stack gap={10} p="xs" role="status" aria-label="Loading clients">
        {[70, 55, 80].map((width) => (
          <Skeleton key={width} height={12} width={`${width}%`} />
        ))}
      </Stack>
    );
  }
  if (tree.isError) {
    return (
      <Stack gap="xs" p="xs" align="start" role="alert">
        <span className="muted">{messageOf(tree.error)}</span>
        <Button size="compact-xs" variant="default" onClick={() => void tree.refetch()}>
          Try again
        </Button>
      </Stack>
    );
  }

  const wanted = filter.trim().toLowerCase();
  const clients = ordered(tree.data.clients, choices?.client_tree_sort).filter((client) => wanted === '' || matches(client, wanted));
  const words = choices?.clear_search_when_switching === false ? search.q : undefined;
  const single = tree.data.clients.length === 1;

  return (
    <>
      {tree.data.clients.length >= filterFrom ? (
        <TextInput
          size="xs"
          mb="xs"
          placeholder="Filter clients"
          aria-label="Filter clients and sites"
          leftSection={<IconFilter size={14} />}
          value={filter}
          onChange={(event) => setFilter(event.currentTarget.value)}
        />
      ) : null}
      <ul className={classes.tree}>
        {clients.map((client) => {
          const holdsChoice = client.sites.some((site) => site.id === search.site);
          const opened = toggled.get(client.id) ?? (single || wanted !== '' || holdsChoice || search.client === client.id);
          return (
            <li key={client.id}>
              <div className={classes.row}>
                <button
                  type="button"
                  className={classes.toggle}
                  aria-expanded={opened}
                  aria-label={`Sites of ${client.name}`}
                  onClick={() => setToggled(new Map(toggled).set(client.id, !opened))}
                >
                  <IconChevronRight size={14} />
                </button>
                <Node node={client} search={{ client: client.id, q: words }} current={search.client === client.id} onNavigate={onNavigate} />
              </div>
              {opened ? (
                <ul className={classes.tree}>
                  {client.sites.map((site) => (
                    <li key={site.id} className={classes.row}>
                      <span className={classes.spacer} />
                      <Node node={site} search={{ site: site.id, q: words }} current={search.site === site.id} onNavigate={onNavigate} />
                    </li>
                  ))}
                </ul>
              ) : null}
            </li>
          );
        })}
      </ul>
      {clients.length === 0 && wanted !== '' ? <p className="muted">No client or site of that name.</p> : null}
    </>
  );
}

interface NodeProps {
  node: TreeSite;
  search: { client?: number; site?: number; q?: string };
  current: boolean;
  onNavigate: () => void;
}

function Node({ node, search, current, onNavigate }: NodeProps) {
  return (
    <Link to="/agents" search={search} className={classes.link} aria-current={current ? 'page' : undefined} onClick={onNavigate}>
      <span className={`${classes.name ?? ''} truncate`} title={node.name} dir="auto">
        {node.name}
      </span>
      {node.failing > 0 ? (
        <span className={classes.bad} title={`${node.failing} failing`}>
          <IconCircleX size={13} aria-hidden />
          {count(node.failing)}
          <span className="visually-hidden"> failing</span>
        </span>
      ) : node.warning > 0 ? (
        <span className={classes.warn} title={`${node.warning} warning`}>
          <IconAlertTriangle size={13} aria-hidden />
          {count(node.warning)}
          <span className="visually-hidden"> warning</span>
        </span>
      ) : null}
      <span className={classes.total} title={`${node.agents} agents, ${node.online} online`}>
        {count(node.agents)}
        <span className="visually-hidden"> agents</span>
      </span>
    </Link>
  );
}

function matches(client: TreeClient, wanted: string): boolean {
  return client.name.toLowerCase().includes(wanted) || client.sites.some((site) => site.name.toLowerCase().includes(wanted));
}
