import { Anchor, Skeleton, Stack } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import { useApi } from '@/api/context';
import { agentDetailQuery, notesQuery } from '@/api/queries/agents';
import { checksQuery, resultOf } from '@/api/queries/checks';
import type { AgentDetail, AgentRow } from '@/api/types';
import { dateTime, parseDate } from '@/components/format';
import { Panel } from '@/components/page';
import { ErrorState } from '@/components/states';
import { TimeAgo } from '@/components/time-ago';
import { useCan } from '../account-rights';
import { CheckStatus } from '../agents/status';
import { useFields } from '../custom-fields/use-fields';
import { valuesOf, valueWords } from '../custom-fields/values';
import { checkTitle, moreInfo, worstFirst } from '../checks/describe';
import classes from './agent.module.css';
import { DiskBars } from './disk-bars';

/** At most this many checks are listed on the summary. */
const shownChecks = 6;

export function Summary({ id, row }: { id: string; row: AgentRow }) {
  const detail = useQuery(agentDetailQuery(useApi(), id));
  const can = useCan();
  if (detail.isError) {
    return <ErrorState title="The machine's details could not be loaded" error={detail.error} onRetry={() => void detail.refetch()} />;
  }
  return (
    <div className={classes.columns}>
      <div className={classes.stack}>
        <Panel title="Disks">{detail.data ? <DiskBars disks={detail.data.disks ?? []} /> : <Lines />}</Panel>
        <Panel title="Machine">{detail.data ? <Machine detail={detail.data} /> : <Lines />}</Panel>
      </div>
      <div className={classes.stack}>
        {can('can_list_checks') ? <ChecksPanel id={id} /> : null}
        <Panel title="Agent">
          <Facts
            facts={[
              ['Version', row.version],
              ['Type', row.monitoring_type === 'server' ? 'Server' : 'Workstation'],
              ['Last seen', row.connected ? 'now' : <TimeAgo at={row.last_seen} />],
              ['Checks run every', detail.data ? `${detail.data.check_interval} s` : null],
              ['Offline after', detail.data ? `${detail.data.offline_time} min` : null],
              ['Overdue after', detail.data ? `${detail.data.overdue_time} min` : null],
              ['Agent id', <span key="id" className="mono">{id}</span>],
            ]}
          />
        </Panel>
        {detail.data ? <OwnFields detail={detail.data} /> : null}
        {can('can_list_notes') ? <LastNote id={id} /> : null}
      </div>
    </div>
  );
}

/** The installation's own fields, unless they are kept out of summaries. */
function OwnFields({ detail }: { detail: AgentDetail }) {
  const fields = (useFields('agent') ?? []).filter((field) => !field.hide_in_summary && !field.hide_in_ui);
  if (fields.length === 0) return null;
  const values = valuesOf(fields, detail.custom_fields);
  return (
    <Panel title="Custom fields">
      <Facts facts={fields.map((field) => [field.name, valueWords(field, values[field.id])])} />
    </Panel>
  );
}

function Machine({ detail }: { detail: AgentDetail }) {
  const boot = detail.boot_time === null ? null : parseDate(new Date(detail.boot_time * 1000).toISOString());
  return (
    <Facts
      facts={[
        ['Model', known(detail.make_model)],
        ['Processor', detail.cpu_model.join(', ')],
        ['Memory', detail.total_ram === null ? null : `${detail.total_ram} GB`],
        ['Physical disks', detail.physical_disks.join(', ')],
        ['Graphics', detail.graphics],
        ['Serial number', known(detail.wmi_detail?.serialnumber)],
        ['Operating system', detail.operating_system],
        ['Architecture', detail.goarch],
        ['Local addresses', detail.local_ips],
        ['Public address', known(detail.public_ip)],
        ['Signed in', detail.logged_in_username === 'None' ? 'nobody' : detail.logged_in_username],
        ['Started', boot ? dateTime(boot) : null],
        ['Time zone', detail.timezone],
      ]}
    />
  );
}

/** Agents send words where they know nothing; those are no facts. */
function known(text: string | null | undefined): string | null {
  return !text || /^(unknown|error|n\/a)\b/i.test(text) ? null : text;
}

function Facts({ facts }: { facts: [string, ReactNode][] }) {
  return (
    <dl className={classes.facts2}>
      {facts.map(([name, value]) => (
        <div key={name} style={{ display: 'contents' }}>
          <dt>{name}</dt>
          <dd>{value === null || value === undefined || value === '' ? <span className="muted">–</span> : value}</dd>
        </div>
      ))}
    </dl>
  );
}

function ChecksPanel({ id }: { id: string }) {
  const checks = useQuery(checksQuery(useApi(), id));
  return (
    <Panel
      title="Checks"
      actions={
        <Anchor component={Link} to={`/agents/${id}/checks`} size="sm">
          All checks
        </Anchor>
      }
    >
      {checks.isPending ? (
        <Lines />
      ) : checks.isError ? (
        <p className="muted">{checks.error.message}</p>
      ) : checks.data.length === 0 ? (
        <p className="muted" style={{ margin: 0 }}>
          No checks yet.{' '}
          <Anchor component={Link} to={`/agents/${id}/checks/new`} size="sm">
            Add the first one
          </Anchor>
        </p>
      ) : (
        <Stack gap={12}>
          {worstFirst(checks.data).slice(0, shownChecks).map((check) => (
            <div key={check.id} className={classes.diskLine}>
              <Anchor component={Link} to={`/agents/${id}/checks/${check.id}`} c="var(--g-text)" size="sm">
                {checkTitle(check)}
              </Anchor>
              <CheckStatus result={resultOf(check)} />
              <span className="muted" style={{ flexBasis: '100%', fontSize: '0.75rem' }}>
                {moreInfo(check)}
              </span>
            </div>
          ))}
        </Stack>
      )}
    </Panel>
  );
}

function LastNote({ id }: { id: string }) {
  const notes = useQuery(notesQuery(useApi(), id));
  const last = notes.data?.[0];
  if (!last) return null;
  return (
    <Panel
      title="Last note"
      actions={
        <Anchor component={Link} to={`/agents/${id}/notes`} size="sm">
          All notes
        </Anchor>
      }
    >
      <p style={{ margin: 0, whiteSpace: 'pre-wrap', overflowWrap: 'anywhere' }}>{last.note}</p>
      <p className="muted" style={{ margin: '8px 0 0', fontSize: '0.75rem' }}>
        {last.username ?? 'A deleted user'}, <TimeAgo at={last.entry_time} />
      </p>
    </Panel>
  );
}

function Lines() {
  return (
    <Stack gap={12} role="status" aria-label="Loading">
      {[90, 70, 80].map((width) => (
        <Skeleton key={width} height={12} width={`${width}%`} />
      ))}
    </Stack>
  );
}
