import { SegmentedControl, Skeleton, Text } from '@mantine/core';
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { useMemo } from 'react';
import { useApi } from '@/api/context';
import { checkHistoryQuery } from '@/api/queries/checks';
import type { Check, CheckPoint } from '@/api/types';
import { LineChart, type Limit } from '@/components/line-chart';
import { Panel } from '@/components/page';
import type { Point } from '@/components/series';
import { StateStrip } from '@/components/state-strip';
import { ErrorState } from '@/components/states';
import { useNow } from '@/components/use-now';
import { checkTitle, measure } from './describe';
import { ranges, type Range } from './ranges';

const rangeNames: Record<Range, string> = { 1: 'Day', 7: 'Week', 30: 'Month', 0: 'All' };
const hour = 3600 * 1000;
const day = 24 * hour;

interface CheckHistoryProps {
  check: Check;
  resultId: number;
  range: Range;
  onRange: (range: Range) => void;
}

export function CheckHistory({ check, resultId, range, onRange }: CheckHistoryProps) {
  const history = useQuery({ ...checkHistoryQuery(useApi(), resultId, range), placeholderData: keepPreviousData });
  const now = useNow();
  const points = useMemo(() => toPoints(history.data ?? []), [history.data]);
  const last = points.at(-1)?.t ?? 0;
  const to = Math.max(now, last);
  const from = shownFrom(range, points[0]?.t ?? to, to);
  const kind = measure(check.check_type);
  const label = `${checkTitle(check)}, ${kind === 'state' ? 'state' : `percent ${kind}`}`;

  return (
    <Panel
      title={kind === 'state' ? 'History' : `History, percent ${kind}`}
      actions={
        <SegmentedControl
          size="xs"
          aria-label="Time shown"
          value={String(range)}
          onChange={(value) => onRange(Number(value) as Range)}
          data={ranges.map((each) => ({ value: String(each), label: rangeNames[each] }))}
        />
      }
    >
      {history.isPending ? (
        <Skeleton height={kind === 'state' ? 90 : 240} />
      ) : history.isError ? (
        <ErrorState title="The history could not be loaded" error={history.error} onRetry={() => void history.refetch()} />
      ) : points.length === 0 ? (
        <Text c="dimmed" py="xl" ta="center">
          No run in this time.
        </Text>
      ) : kind === 'state' ? (
        <StateStrip points={points} from={from} to={to} label={label} />
      ) : (
        <LineChart points={points} from={from} to={to} limits={limitsOf(check)} label={label} />
      )}
    </Panel>
  );
}

/** The whole range, or what there is of it while a check is young: an hour's values must not vanish in an empty month. */
export function shownFrom(range: Range, first: number, to: number): number {
  const whole = range === 0 ? first : to - range * day;
  const covered = to - first;
  const young = covered < (to - whole) / 4;
  return young || range === 0 ? Math.max(Math.min(whole, to - hour), Math.min(first - covered * 0.05, to - hour)) : whole;
}

function toPoints(history: readonly CheckPoint[]): Point[] {
  return history.flatMap((point) => (point.y === null ? [] : [{ t: Date.parse(point.x), y: point.y }]));
}

function limitsOf(check: Check): Limit[] {
  const found: Limit[] = [];
  if (check.warning_threshold) found.push({ value: check.warning_threshold, label: `Warning ${check.warning_threshold} %`, tone: 'warn' });
  if (check.error_threshold) found.push({ value: check.error_threshold, label: `Error ${check.error_threshold} %`, tone: 'bad' });
  return found;
}
