import { describe as group, expect, test } from 'vitest';
import { describe, emptySchedule, lastDay } from './describe';

const base = { ...emptySchedule(), run_time: '08:30:00' };
const all = Array.from({ length: 12 }, (_, index) => index + 1);

group('a schedule in words', () => {
  test('daily and weekly', () => {
    expect(describe({ ...base, schedule_type: 'daily' })).toBe('Every day at 08:30');
    expect(describe({ ...base, run_time_weekdays: [4, 0, 2] })).toBe('Every week on Monday, Wednesday and Friday at 08:30');
    expect(describe({ ...base, run_time_weekdays: [0, 1, 2, 3, 4, 5, 6] })).toBe('Every day at 08:30');
  });

  test('monthly, on days or in weeks', () => {
    const monthly = { ...base, schedule_type: 'monthly' as const };
    expect(describe({ ...monthly, monthly_months_of_year: all, monthly_days_of_month: [15, 1, lastDay] })).toBe('On day 1, 15 and last day of every month at 08:30');
    expect(describe({ ...monthly, monthly_type: 'weeks', monthly_months_of_year: [1, 7], monthly_weeks_of_month: [1, 5], run_time_weekdays: [6] })).toBe(
      'On Sunday of the first and last week of January and July at 08:30',
    );
  });

  test('nothing while something is not chosen', () => {
    expect(describe({ ...base, run_time_weekdays: [] })).toBeNull();
    expect(describe({ ...base, schedule_type: 'monthly' })).toBeNull();
    expect(describe({ ...base, schedule_type: 'monthly', monthly_months_of_year: all })).toBeNull();
    expect(describe({ ...base, schedule_type: 'monthly', monthly_type: 'weeks', monthly_months_of_year: all, run_time_weekdays: [1] })).toBeNull();
  });
});
