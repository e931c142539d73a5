import { describe, expect, it } from 'vitest';
import { bucketize, splitAtGaps, timeTicks, typicalStep, type Point } from './series';
import { runsOf } from './state-strip';

const every = (step: number, count: number, value: (index: number) => number): Point[] =>
  Array.from({ length: count }, (_, index) => ({ t: index * step, y: value(index) }));

describe('bucketize', () => {
  it('keeps a short peak of a long time', () => {
    const points = every(1000, 20_000, (index) => (index === 12_345 ? 99 : 10));
    const buckets = bucketize(points, 0, 20_000_000, 200);
    expect(buckets.length).toBe(200);
    expect(Math.max(...buckets.map((bucket) => bucket.max))).toBe(99);
    expect(buckets.reduce((sum, bucket) => sum + bucket.count, 0)).toBe(20_000);
  });

  it('leaves gaps empty and ignores what is outside', () => {
    const points: Point[] = [{ t: -5, y: 1 }, { t: 0, y: 1 }, { t: 99, y: 3 }, { t: 100, y: 5 }, { t: 101, y: 9 }]; // prettier-ignore
    expect(bucketize(points, 0, 100, 10).map(({ min, mean, max }) => [min, mean, max])).toEqual([
      [1, 1, 1],
      [3, 4, 5],
    ]);
    expect(bucketize(points, 10, 10, 10)).toEqual([]);
  });

  it('splits where values are missing', () => {
    const buckets = bucketize([...every(10, 5, () => 1), { t: 500, y: 1 }, { t: 510, y: 1 }], 0, 600, 60);
    expect(typicalStep(buckets)).toBeCloseTo(10);
    expect(splitAtGaps(buckets, 35).map((run) => run.length)).toEqual([5, 2]);
  });
});

describe('timeTicks', () => {
  it('stays within the time and near the wanted number', () => {
    const from = Date.UTC(2026, 0, 1, 3, 7);
    for (const hours of [1, 24, 24 * 7, 24 * 30, 24 * 400]) {
      const to = from + hours * 3_600_000;
      const ticks = timeTicks(from, to, 8);
      expect(ticks.length).toBeLessThanOrEqual(9);
      expect(ticks.length).toBeGreaterThan(0);
      expect(ticks.every((tick) => tick.at >= from && tick.at <= to && tick.label !== '')).toBe(true);
    }
  });
});

describe('runsOf', () => {
  it('joins neighbours of one state', () => {
    const points = every(1000, 1000, (index) => (index >= 500 && index < 600 ? 1 : 0));
    expect(runsOf(points, 0, 1_000_000).map((run) => run.state)).toEqual(['ok', 'bad', 'ok']);
  });
});
