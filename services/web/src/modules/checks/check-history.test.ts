import { describe, expect, it } from 'vitest';
import { shownFrom } from './check-history';

const hour = 3_600_000;
const day = 24 * hour;
const to = 1000 * day;

describe('shownFrom', () => {
  it('shows the whole range of an old check', () => {
    expect(shownFrom(1, to - day, to)).toBe(to - day);
    expect(shownFrom(7, to - 400 * day, to)).toBe(to - 7 * day);
  });

  it('comes closer while a check is young, but not closer than an hour', () => {
    expect(shownFrom(30, to - 2 * day, to)).toBeCloseTo(to - 2.1 * day, -3);
    expect(shownFrom(1, to - 60_000, to)).toBe(to - hour);
    expect(shownFrom(0, to, to)).toBe(to - hour);
  });

  it('shows everything there is', () => {
    expect(shownFrom(0, to - 100 * day, to)).toBe(to - 100 * day);
  });
});
