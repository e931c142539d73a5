import { IconCircleCheck, IconCircleX, IconClock, IconPlayerPlay } from '@tabler/icons-react';
import type { JobRun } from '@/api/admin-types';
import { Badge, type Tone } from '@/components/badge';
import { duration, parseDate } from '@/components/format';

/** The states of a run of a job, as people read them. */
export const runStates: Readonly<Record<JobRun['status'], { word: string; tone: Tone; icon: typeof IconClock }>> = {
  queued: { word: 'Waiting', tone: 'off', icon: IconClock },
  running: { word: 'Running', tone: 'info', icon: IconPlayerPlay },
  succeeded: { word: 'Done', tone: 'ok', icon: IconCircleCheck },
  failed: { word: 'Failed', tone: 'bad', icon: IconCircleX },
};

export function RunState({ status }: { status: JobRun['status'] }) {
  const { word, tone, icon: Icon } = runStates[status];
  return (
    <Badge tone={tone} icon={<Icon size={15} />}>
      {word}
    </Badge>
  );
}

/** How long a run took; nothing while it is at work. */
export function took(run: JobRun): string | null {
  const started = parseDate(run.started);
  const finished = parseDate(run.finished);
  if (!started || !finished) return null;
  const seconds = (finished.getTime() - started.getTime()) / 1000;
  return seconds < 1 ? `${Math.round(seconds * 1000)} ms` : duration(seconds);
}
