import { ActionIcon, Checkbox, Tooltip } from '@mantine/core';
import { IconDownload } from '@tabler/icons-react';
import { useVirtualizer } from '@tanstack/react-virtual';
import { useEffect, useRef, useState } from 'react';
import { Copy } from '@/components/copy';
import { count, duration } from '@/components/format';
import { OutputLine, outputClasses } from '@/components/output';
import type { CommandState } from '@/live/command-stream';
import classes from './commands.module.css';

/** Output while it comes: only what is in view is drawn, and the end is followed until the reader scrolls away. */
export function StreamLog({ state }: { state: CommandState }) {
  const scroller = useRef<HTMLDivElement>(null);
  const [follow, setFollow] = useState(true);
  const lines = state.lines;
  const virtualizer = useVirtualizer({
    count: lines.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => 20,
    overscan: 20,
  });
  useEffect(() => {
    if (follow && lines.length > 0) virtualizer.scrollToIndex(lines.length - 1, { align: 'end' });
  }, [follow, lines.length, virtualizer]);

  const text = lines.join('\n');
  return (
    <div className={outputClasses.box}>
      <div className={outputClasses.bar}>
        <span role="status">{headline(state)}</span>
        <Checkbox size="xs" label="Follow" checked={follow} onChange={(event) => setFollow(event.currentTarget.checked)} />
        <Tooltip label="Save as a file">
          <ActionIcon variant="subtle" color="gray" aria-label="Save output as a file" disabled={lines.length === 0} onClick={() => save(text)}>
            <IconDownload size={16} />
          </ActionIcon>
        </Tooltip>
        <Copy text={text} what="output" />
      </div>
      <div
        ref={scroller}
        className={`${outputClasses.text ?? ''} ${classes.log ?? ''}`}
        role="log"
        aria-label="Command output"
        aria-live="off"
        // eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- a scrolling region must be reachable by keyboard
        tabIndex={0}
        onWheel={(event) => {
          if (event.deltaY < 0) setFollow(false);
        }}
      >
        {lines.length === 0 ? (
          <span className={outputClasses.empty}>{state.endedAt === null ? 'Waiting for output…' : 'No output'}</span>
        ) : (
          <div style={{ height: virtualizer.getTotalSize(), position: 'relative' }}>
            {virtualizer.getVirtualItems().map((item) => (
              <div
                key={item.key}
                ref={virtualizer.measureElement}
                data-index={item.index}
                style={{ position: 'absolute', top: 0, left: 0, width: '100%', transform: `translateY(${item.start}px)` }}
              >
                <OutputLine line={lines[item.index] ?? ''} />
              </div>
            ))}
          </div>
        )}
      </div>
    </div>
  );
}

function headline(state: CommandState): string {
  const lines = `${count(state.lines.length + state.dropped)} ${state.lines.length + state.dropped === 1 ? 'line' : 'lines'}`;
  const took = state.endedAt === null ? '' : ` in ${duration((state.endedAt - state.startedAt) / 1000)}`;
  const cut = state.dropped > 0 ? `, the first ${count(state.dropped)} not kept` : '';
  switch (state.phase) {
    case 'connecting':
      return 'Connecting…';
    case 'running':
      return `Running · ${lines}${cut}`;
    case 'done':
      return `Ended with exit code ${state.exitCode ?? '?'}${took} · ${lines}${cut}`;
    case 'left':
      return `No longer watching · ${lines}${cut}`;
    case 'failed':
      return `Stopped · ${lines}${cut}`;
  }
}

function save(text: string): void {
  const url = URL.createObjectURL(new Blob([text], { type: 'text/plain' }));
  const link = document.createElement('a');
  link.href = url;
  link.download = 'output.txt';
  link.click();
  URL.revokeObjectURL(url);
}
