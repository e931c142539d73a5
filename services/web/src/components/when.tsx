import { dateTime, dayTime, parseDate } from './format';

interface WhenProps {
  at: string | null | undefined;
  none?: string;
  /** Without seconds, for what is no log. */
  brief?: boolean;
}

/** A moment in the browser's words; nothing where there is none. */
export function When({ at, none = '–', brief = false }: WhenProps) {
  const date = parseDate(at);
  if (!date) return <span className="muted">{none}</span>;
  return (
    <time dateTime={date.toISOString()} title={brief ? dateTime(date) : undefined}>
      {brief ? dayTime(date) : dateTime(date)}
    </time>
  );
}
