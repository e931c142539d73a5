/** One measured value; `t` in milliseconds. */
export interface Point {
  t: number;
  y: number;
}

/** The least, greatest and mean value of the points of one stretch of time. */
export interface Bucket {
  t: number;
  min: number;
  max: number;
  mean: number;
  count: number;
}

/**
 * Gathers points (oldest first) into at most `buckets` stretches of equal length, keeping extremes: a short peak in a month
 * of values stays visible. Empty stretches give no bucket, so that a gap is a gap.
 */
export function bucketize(points: readonly Point[], from: number, to: number, buckets: number): Bucket[] {
  if (to <= from || buckets < 1) return [];
  const width = (to - from) / buckets;
  const found: Bucket[] = [];
  let index = -1;
  let sum = 0;
  for (const { t, y } of points) {
    if (t < from || t > to) continue;
    const here = Math.min(buckets - 1, Math.floor((t - from) / width));
    const last = found.at(-1);
    if (here === index && last) {
      last.min = Math.min(last.min, y);
      last.max = Math.max(last.max, y);
      last.count += 1;
      sum += y;
      last.mean = sum / last.count;
    } else {
      index = here;
      sum = y;
      found.push({ t: from + (here + 0.5) * width, min: y, max: y, mean: y, count: 1 });
    }
  }
  return found;
}

/** Splits a series where more than `gap` milliseconds lie between neighbours. */
export function splitAtGaps(buckets: readonly Bucket[], gap: number): Bucket[][] {
  const runs: Bucket[][] = [];
  for (const bucket of buckets) {
    const run = runs.at(-1);
    const previous = run?.at(-1);
    if (run && previous && bucket.t - previous.t <= gap) run.push(bucket);
    else runs.push([bucket]);
  }
  return runs;
}

/** The usual distance of neighbours: the median. */
export function typicalStep(buckets: readonly Bucket[]): number {
  const steps = buckets.slice(1).map((bucket, index) => bucket.t - (buckets[index]?.t ?? bucket.t));
  steps.sort((a, b) => a - b);
  return steps[Math.floor(steps.length / 2)] ?? 0;
}

const minute = 60_000;
const hour = 60 * minute;
const day = 24 * hour;
const stepChoices = [minute, 5 * minute, 15 * minute, 30 * minute, hour, 3 * hour, 6 * hour, 12 * hour, day, 2 * day, 7 * day, 14 * day, 30 * day];

/** Round local times for the axis, about `wanted` of them. */
export function timeTicks(from: number, to: number, wanted: number): { at: number; label: string }[] {
  const step = stepChoices.find((choice) => (to - from) / choice <= wanted) ?? 90 * day;
  const offset = new Date(from).getTimezoneOffset() * minute;
  const first = Math.ceil((from - offset) / step) * step + offset;
  const ticks: { at: number; label: string }[] = [];
  for (let at = first; at <= to; at += step) ticks.push({ at, label: tickLabel(new Date(at), step) });
  return ticks;
}

function tickLabel(at: Date, step: number): string {
  if (step >= day) return at.toLocaleDateString(undefined, { day: 'numeric', month: 'short' });
  if (at.getHours() === 0 && at.getMinutes() === 0) return at.toLocaleDateString(undefined, { day: 'numeric', month: 'short' });
  return at.toLocaleTimeString(undefined, { hour: '2-digit', minute: '2-digit' });
}
