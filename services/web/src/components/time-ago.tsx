import { dateTime, longAge, parseDate, shortAge } from './format';
import { useNow } from './use-now';

interface TimeAgoProps {
  at: string | null | undefined;
  /** What to show when there is no time. */
  none?: string;
  short?: boolean;
}

/** An age that keeps itself right, with the exact time on hover and for assistive technology. */
export function TimeAgo({ at, none = 'Never', short = false }: TimeAgoProps) {
  const now = useNow();
  const date = parseDate(at);
  if (!date) return <span className="muted">{none}</span>;
  const present = new Date(Math.max(now, date.getTime()));
  return (
    <time dateTime={date.toISOString()} title={dateTime(date)}>
      {short ? shortAge(date, present) : longAge(date, present)}
    </time>
  );
}
