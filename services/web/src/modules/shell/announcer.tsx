import { useQueryClient } from '@tanstack/react-query';
import { useEffect, useRef, useState } from 'react';
import { knownHostname } from '@/live/patches';
import { useLive } from '@/live/provider';

/** A screen reader hears at most one summary in this time, milliseconds. */
const quiet = 4000;

/** Tells assistive technology what changed by itself: who came online, who left, who arrived. */
export function Announcer() {
  const live = useLive();
  const client = useQueryClient();
  const [text, setText] = useState('');
  const gathered = useRef<string[]>([]);

  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | null = null;
    const speak = () => {
      timer = null;
      const lines = gathered.current;
      gathered.current = [];
      setText(lines.length > 3 ? `${lines.length} machines changed state` : lines.join('. '));
    };
    const off = live.onEvent((event) => {
      const told = event.data?.hostname;
      const name = typeof told === 'string' ? told : event.agent_id ? knownHostname(client, event.agent_id) : null;
      const status = event.data?.status;
      if (event.event === 'presence' && name && typeof status === 'string') gathered.current.push(`${name} is ${status}`);
      else if (event.event === 'enrolled' && name) gathered.current.push(`${name} was added`);
      else return;
      timer ??= setTimeout(speak, quiet);
    });
    return () => {
      off();
      if (timer !== null) clearTimeout(timer);
    };
  }, [client, live]);

  return (
    <div className="visually-hidden" role="log" aria-live="polite">
      {text}
    </div>
  );
}
