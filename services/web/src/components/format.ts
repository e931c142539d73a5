/** Words for numbers and times. Everything follows the browser's language and time zone. */

const minute = 60;
const hour = 60 * minute;
const day = 24 * hour;

/** How long ago, short: `now`, `4 min`, `3 h`, `12 d`. Seconds under one minute are `now`: rows must not flicker. */
export function shortAge(then: Date, now: Date): string {
  const seconds = Math.max(0, (now.getTime() - then.getTime()) / 1000);
  if (seconds < minute) return 'now';
  if (seconds < hour) return `${Math.floor(seconds / minute)} min`;
  if (seconds < 2 * day) return `${Math.floor(seconds / hour)} h`;
  return `${Math.floor(seconds / day)} d`;
}

export function longAge(then: Date, now: Date): string {
  const age = shortAge(then, now);
  return age === 'now' ? 'just now' : `${age} ago`;
}

/** A span in words of at most two units: `3 d 4 h`. */
export function duration(seconds: number): string {
  const total = Math.max(0, Math.floor(seconds));
  const parts: [number, string][] = [
    [Math.floor(total / day), 'd'],
    [Math.floor((total % day) / hour), 'h'],
    [Math.floor((total % hour) / minute), 'min'],
    [total % minute, 's'],
  ];
  const first = parts.findIndex(([value]) => value > 0);
  if (first === -1) return '0 s';
  return parts
    .slice(first, first + 2)
    .filter(([value]) => value > 0)
    .map(([value, unit]) => `${value} ${unit}`)
    .join(' ');
}

export function dateTime(date: Date): string {
  return date.toLocaleString(undefined, { dateStyle: 'medium', timeStyle: 'medium' });
}

/** Day and time apart, for places where a line may break between them and nowhere else. */
export function dateTimeParts(date: Date): [string, string] {
  return [date.toLocaleDateString(undefined, { dateStyle: 'medium' }), date.toLocaleTimeString(undefined, { timeStyle: 'medium' })];
}

/** A moment to the minute. */
export function dayTime(date: Date): string {
  return date.toLocaleString(undefined, { dateStyle: 'medium', timeStyle: 'short' });
}

/** How far away a moment is, in words: `in 3 d`, `in 20 min`, `12 d ago`. */
export function distance(date: Date, now: Date): string {
  const ahead = date.getTime() - now.getTime();
  if (ahead <= 0) return longAge(date, now);
  const words = shortAge(now, date);
  return words === 'now' ? 'in less than a minute' : `in ${words}`;
}

export function parseDate(text: string | null | undefined): Date | null {
  if (!text) return null;
  const date = new Date(text);
  return Number.isNaN(date.getTime()) ? null : date;
}

export function count(value: number): string {
  return value.toLocaleString();
}

export function plural(value: number, one: string, many = `${one}s`): string {
  return `${count(value)} ${value === 1 ? one : many}`;
}

const units = ['B', 'KB', 'MB', 'GB', 'TB'];

export function bytes(value: number): string {
  let size = value;
  let unit = 0;
  while (size >= 1024 && unit < units.length - 1) {
    size /= 1024;
    unit += 1;
  }
  return `${size >= 100 || unit === 0 ? Math.round(size) : size.toFixed(1)} ${units[unit] ?? ''}`;
}

/** Execution times come as numbers or as text with four decimals. */
export function executionTime(value: number | string | null | undefined): string | null {
  if (value === null || value === undefined || value === '') return null;
  const seconds = Number(value);
  if (!Number.isFinite(seconds)) return null;
  return seconds < 1 ? `${Math.round(seconds * 1000)} ms` : `${seconds.toFixed(1)} s`;
}

/** A moment as a field for local date and time wants it: `2026-01-31T08:05`; empty for none. */
export function localDateTime(text: string | null | undefined): string {
  const date = parseDate(text);
  if (!date) return '';
  const two = (value: number) => String(value).padStart(2, '0');
  return `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}T${two(date.getHours())}:${two(date.getMinutes())}`;
}
