import { Button } from '@mantine/core';
import { IconCircleFilled, IconPlugConnectedX } from '@tabler/icons-react';
import { useEffect, useState } from 'react';
import { useLive, useLiveState } from '@/live/provider';
import classes from './shell.module.css';

/** A break shorter than this is not worth a word, milliseconds. */
const patience = 2500;

/** True when the live connection has been down for a while. */
function useOffline(): boolean {
  const down = useLiveState() === 'down';
  const [late, setLate] = useState(false);
  useEffect(() => {
    if (!down) return undefined;
    const timer = setTimeout(() => setLate(true), patience);
    return () => {
      clearTimeout(timer);
      setLate(false);
    };
  }, [down]);
  return down && late;
}

export function OfflineBanner() {
  const offline = useOffline();
  const live = useLive();
  return (
    <div role="status" aria-live="polite">
      {offline ? (
        <div className={classes.banner}>
          <IconPlugConnectedX size={17} aria-hidden />
          <span>Live updates are interrupted. What you see may be out of date; reconnecting by itself.</span>
          <Button size="compact-xs" variant="default" onClick={live.retryNow}>
            Reconnect now
          </Button>
        </div>
      ) : null}
    </div>
  );
}

export function LiveIndicator() {
  const state = useLiveState();
  const word = state === 'open' ? 'Live' : state === 'down' ? 'Reconnecting' : 'Connecting';
  return (
    <span className={classes.live} data-state={state} title={state === 'open' ? 'This page updates by itself' : 'Live updates are not connected'}>
      <IconCircleFilled size={8} aria-hidden />
      {word}
    </span>
  );
}
