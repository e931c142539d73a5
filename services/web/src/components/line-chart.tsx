import { useElementSize } from '@mantine/hooks';
import { useId, useMemo, useState, type PointerEvent } from 'react';
import classes from './chart.module.css';
import { dateTime } from './format';
import { bucketize, splitAtGaps, timeTicks, typicalStep, type Bucket, type Point } from './series';

export interface Limit {
  value: number;
  label: string;
  tone: 'warn' | 'bad';
}

interface LineChartProps {
  points: readonly Point[];
  /** The shown time, milliseconds. */
  from: number;
  to: number;
  limits: readonly Limit[];
  /** What is drawn, for assistive technology: `CPU load in percent`. */
  label: string;
  height?: number;
}

const left = 40;
const right = 8;
const top = 10;
const bottom = 22;
/** A pause this many times the usual step is drawn as a gap. */
const gapFactor = 3.5;

/** Percentages over time, with extremes as a band and limits as dashed lines. */
export function LineChart({ points, from, to, limits, label, height = 240 }: LineChartProps) {
  const { ref, width } = useElementSize();
  const [hover, setHover] = useState<Bucket | null>(null);
  const described = useId();
  const inner = Math.max(10, width - left - right);
  const buckets = useMemo(() => bucketize(points, from, to, Math.max(10, Math.floor(inner / 3))), [from, inner, points, to]);
  const runs = useMemo(() => splitAtGaps(buckets, Math.max(typicalStep(buckets) * gapFactor, 1)), [buckets]);
  const x = (t: number) => left + ((t - from) / (to - from)) * inner;
  const y = (value: number) => top + (1 - value / 100) * (height - top - bottom);
  const ticks = useMemo(() => timeTicks(from, to, Math.max(2, Math.floor(inner / 110))), [from, inner, to]);

  const onPointerMove = (event: PointerEvent<SVGSVGElement>) => {
    const t = from + ((event.clientX - event.currentTarget.getBoundingClientRect().left - left) / inner) * (to - from);
    setHover(nearest(buckets, t));
  };

  return (
    <div className={classes.chart} ref={ref}>
      <p id={described} className="visually-hidden">
        {describe(points)}
      </p>
      <svg
        height={height}
        role="img"
        aria-label={label}
        aria-describedby={described}
        onPointerMove={onPointerMove}
        onPointerLeave={() => setHover(null)}
      >
        {[0, 25, 50, 75, 100].map((value) => (
          <g key={value}>
            <line className={classes.axis} x1={left} x2={left + inner} y1={y(value)} y2={y(value)} />
            <text className={classes.label} x={left - 8} y={y(value) + 4} textAnchor="end">
              {value} %
            </text>
          </g>
        ))}
        {ticks.map((tick) => (
          <text key={tick.at} className={classes.label} x={x(tick.at)} y={height - 5} textAnchor="middle">
            {tick.label}
          </text>
        ))}
        {runs.map((run) => (
          <g key={run[0]?.t}>
            <path className={classes.band} d={bandPath(run, x, y)} />
            {run.length === 1 && run[0] ? (
              <circle className={classes.dot} cx={x(run[0].t)} cy={y(run[0].mean)} r={2.5} />
            ) : (
              <path className={classes.line} d={linePath(run, x, y)} />
            )}
          </g>
        ))}
        {limits.map((limit) => (
          <g key={limit.label}>
            <line className={classes.limit} data-tone={limit.tone} x1={left} x2={left + inner} y1={y(limit.value)} y2={y(limit.value)} />
            <text className={classes.limitLabel} data-tone={limit.tone} x={left + inner} y={y(limit.value) - 4} textAnchor="end">
              {limit.label}
            </text>
          </g>
        ))}
        {hover ? (
          <g>
            <line className={classes.cursor} x1={x(hover.t)} x2={x(hover.t)} y1={top} y2={height - bottom} />
            <circle className={classes.dot} cx={x(hover.t)} cy={y(hover.mean)} r={4} />
          </g>
        ) : null}
      </svg>
      {hover ? (
        <div className={classes.tip} style={{ left: Math.min(Math.max(x(hover.t), 90), Math.max(90, width - 90)) }}>
          <b>{Math.round(hover.mean)} %</b>
          {hover.max - hover.min >= 1 ? ` (${Math.round(hover.min)}–${Math.round(hover.max)})` : ''} · {dateTime(new Date(hover.t))}
        </div>
      ) : null}
    </div>
  );
}

function nearest(buckets: readonly Bucket[], t: number): Bucket | null {
  let best: Bucket | null = null;
  for (const bucket of buckets) if (!best || Math.abs(bucket.t - t) < Math.abs(best.t - t)) best = bucket;
  return best;
}

type Scale = (value: number) => number;

function linePath(run: readonly Bucket[], x: Scale, y: Scale): string {
  return run.map((bucket, index) => `${index === 0 ? 'M' : 'L'}${x(bucket.t).toFixed(1)} ${y(bucket.mean).toFixed(1)}`).join('');
}

function bandPath(run: readonly Bucket[], x: Scale, y: Scale): string {
  const upper = run.map((bucket) => `${x(bucket.t).toFixed(1)} ${y(bucket.max).toFixed(1)}`);
  const lower = run.map((bucket) => `${x(bucket.t).toFixed(1)} ${y(bucket.min).toFixed(1)}`).reverse();
  return `M${[...upper, ...lower].join('L')}Z`;
}

function describe(points: readonly Point[]): string {
  const values = points.map((point) => point.y);
  const last = values.at(-1);
  if (last === undefined) return 'No values in this time.';
  const min = Math.min(...values.slice(-20_000));
  const max = Math.max(...values.slice(-20_000));
  return `${values.length} values from ${min} to ${max} percent; the last is ${last} percent.`;
}
