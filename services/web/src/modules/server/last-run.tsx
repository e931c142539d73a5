import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useEffect, useEffectEvent, useRef } from 'react';
import type { JobRun } from '@/api/admin-types';
import { useApi } from '@/api/context';
import { lastRunQuery } from '@/api/queries/server';
import { plural } from '@/components/format';
import { TimeAgo } from '@/components/time-ago';
import { RunState, took } from './run-state';
import classes from './server.module.css';

interface LastRunProps {
  job: string;
  /** What the run counts, in the singular: `row`. */
  unit: string;
  /** Called when a run comes to its end while this is shown. */
  onEnded?: () => void;
}

/** How the last run of a job went, or how far the present one is: beside the button that starts it. */
export function LastRun({ job, unit, onEnded }: LastRunProps) {
  const { data: run } = useQuery(lastRunQuery(useApi(), job));
  // The run that is over: null while none is, undefined before anything was read.
  const over = run && (run.status === 'queued' || run.status === 'running' ? null : run.id);
  const before = useRef(over);
  const ended = useEffectEvent(() => onEnded?.());
  useEffect(() => {
    if (before.current !== undefined && over != null && over !== before.current) ended();
    before.current = over;
  }, [over]);
  return (
    <div className={classes.lastRun} role="status">
      {run ? (
        <>
          <RunState status={run.status} />
          <span className="muted">
            <Outcome run={run} unit={unit} />
          </span>
          {run.status === 'failed' && run.error ? <p className={classes.runError}>{run.error}</p> : null}
        </>
      ) : null}
    </div>
  );
}

function Outcome({ run, unit }: { run: JobRun; unit: string }) {
  if (run.status === 'queued') return 'begins as soon as a worker is free';
  if (run.status === 'running') {
    return (
      <>
        started <TimeAgo at={run.started} />
        {run.affected > 0 ? `, ${plural(run.affected, unit)} so far` : ''}
        {run.attempts > 1 ? `, try ${run.attempts}` : ''}
      </>
    );
  }
  const time = took(run);
  return (
    <>
      <TimeAgo at={run.finished ?? run.scheduled_for} />
      {run.status === 'succeeded' ? `, ${plural(run.affected, unit)}` : ''}
      {time ? ` in ${time}` : ''} ·{' '}
      <Link to="/server/jobs" search={{ job: run.job }}>
        All runs
      </Link>
    </>
  );
}
