import type { ScheduleInput } from '@/api/admin-types';

export const weekdays = ['Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday', 'Sunday'] as const;
export const months = [
  'January', 'February', 'March', 'April', 'May', 'June', 'July', 'August', 'September', 'October', 'November', 'December',
] as const; // prettier-ignore
export const weeks = ['First', 'Second', 'Third', 'Fourth', 'Last'] as const;
/** Stands for the last day of a month. */
export const lastDay = 32;

export function emptySchedule(): ScheduleInput {
  return {
    name: '', run_time: '08:00:00', schedule_type: 'weekly', monthly_type: 'days', run_time_weekdays: [0], monthly_months_of_year: [], monthly_days_of_month: [],
    monthly_weeks_of_month: [],
  }; // prettier-ignore
}

export function dayWord(day: number): string {
  return day === lastDay ? 'last day' : String(day);
}

/** When a schedule is due, in words; null while something is not chosen. */
export function describe(schedule: ScheduleInput): string | null {
  const at = `at ${schedule.run_time.slice(0, 5)}`;
  const everyDay = schedule.run_time_weekdays.length === weekdays.length;
  if (schedule.schedule_type === 'daily' || (schedule.schedule_type === 'weekly' && everyDay)) return `Every day ${at}`;
  const days = everyDay ? 'every day' : list(schedule.run_time_weekdays, (day) => weekdays[day] ?? '');
  if (schedule.schedule_type === 'weekly') return days ? `Every week on ${days} ${at}` : null;
  const year = schedule.monthly_months_of_year.length === 12 ? 'every month' : list(schedule.monthly_months_of_year, (month) => months[month - 1] ?? '');
  if (!year) return null;
  if (schedule.monthly_type === 'days') {
    const dates = list(schedule.monthly_days_of_month, dayWord);
    return dates ? `On day ${dates} of ${year} ${at}` : null;
  }
  const which = list(schedule.monthly_weeks_of_month, (week) => (weeks[week - 1] ?? '').toLowerCase());
  return which && days ? `On ${days} of the ${which} week of ${year} ${at}` : null;
}

function list(values: readonly number[], word: (value: number) => string): string {
  const words = [...values].sort((a, b) => a - b).map(word);
  return words.length < 2 ? (words[0] ?? '') : `${words.slice(0, -1).join(', ')} and ${words.at(-1) ?? ''}`;
}
