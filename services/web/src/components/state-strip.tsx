import { dateTime, plural } from './format';
import classes from './chart.module.css';
import { bucketize, type Point } from './series';

interface StateStripProps {
  /** `y` 1 = failing, 0 = passing; oldest first. */
  points: readonly Point[];
  from: number;
  to: number;
  label: string;
}

const stretches = 180;

interface Run {
  state: 'ok' | 'bad';
  from: number;
  to: number;
}

/** Passing and failing over time. A stretch in which anything failed shows as failing; no value shows as a gap. */
export function StateStrip({ points, from, to, label }: StateStripProps) {
  const inside = points.filter((point) => point.t >= from && point.t <= to);
  const failed = inside.filter((point) => point.y > 0).length;
  const share = inside.length === 0 ? null : Math.round(((inside.length - failed) / inside.length) * 1000) / 10;
  const summary = share === null ? 'No runs in this time' : `${share} % of ${plural(inside.length, 'run')} passed`;
  return (
    <div>
      <div className={classes.strip} role="img" aria-label={`${label}: ${summary}`}>
        {runsOf(points, from, to).map((run) => (
          <span
            key={run.from}
            data-state={run.state}
            title={`${run.state === 'bad' ? 'Failing' : 'Passing'} from ${dateTime(new Date(run.from))} to ${dateTime(new Date(run.to))}`}
            style={{ left: `${((run.from - from) / (to - from)) * 100}%`, width: `${((run.to - run.from) / (to - from)) * 100}%` }}
          />
        ))}
      </div>
      <div className={classes.scale} aria-hidden>
        <span>{dateTime(new Date(from))}</span>
        <span>{dateTime(new Date(to))}</span>
      </div>
      <div className={classes.legend}>
        <span data-state="ok">Passing</span>
        <span data-state="bad">Failing</span>
        <span>No run</span>
        <b style={{ marginLeft: 'auto', fontWeight: 550 }}>{summary}</b>
      </div>
    </div>
  );
}

/** Neighbouring stretches of one state as one piece. */
export function runsOf(points: readonly Point[], from: number, to: number): Run[] {
  const half = (to - from) / stretches / 2;
  const runs: Run[] = [];
  for (const bucket of bucketize(points, from, to, stretches)) {
    const state = bucket.max > 0 ? 'bad' : 'ok';
    const last = runs.at(-1);
    if (last?.state === state && bucket.t - half - last.to < half) last.to = bucket.t + half;
    else runs.push({ state, from: bucket.t - half, to: bucket.t + half });
  }
  return runs;
}
