import { dateTimeParts, parseDate } from './format';

/** A moment in the browser's words; nothing where there is none. */
export function When({ at, none = '–' }: { at: string | null | undefined; none?: string }) {
  const date = parseDate(at);
  if (!date) return <span className="muted">{none}</span>;
  const [day, time] = dateTimeParts(date);
  return (
    <time dateTime={date.toISOString()}>
      <span style={{ whiteSpace: 'nowrap' }}>{day}</span> <span style={{ whiteSpace: 'nowrap' }}>{time}</span>
    </time>
  );
}
