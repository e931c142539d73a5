import { useQueryClient } from '@tanstack/react-query';
import { createContext, use, useEffect, useMemo, useState, useSyncExternalStore, type ReactNode } from 'react';
import { useServices, useSession } from '@/api/context';
import type { Topic } from './frames';
import { LiveSocket, type LiveState } from './socket';
import { cacheWriter } from './writer';

const LiveContext = createContext<LiveSocket | null>(null);

interface LiveProviderProps {
  onSessionGone: () => void;
  children: ReactNode;
}

/** Holds the live connection while someone is signed in and writes facts into the query cache. */
export function LiveProvider({ onSessionGone, children }: LiveProviderProps) {
  const { sessions, wsBase } = useServices();
  const client = useQueryClient();
  const [socket] = useState(
    () =>
      new LiveSocket({
        address: () => {
          const session = sessions.get();
          return session ? `${wsBase}/v1/ws?access_token=${session.token}` : null;
        },
        onSessionGone,
      }),
  );
  const token = useSession()?.token;

  useEffect(() => {
    if (!token) return undefined;
    const writer = cacheWriter(client);
    const off = socket.onEvent(writer.receive);
    const wake = () => {
      if (document.visibilityState === 'visible') socket.retryNow();
    };
    window.addEventListener('online', socket.retryNow);
    document.addEventListener('visibilitychange', wake);
    socket.start();
    return () => {
      off();
      writer.stop();
      window.removeEventListener('online', socket.retryNow);
      document.removeEventListener('visibilitychange', wake);
      socket.stop();
    };
  }, [client, socket, token]);

  return <LiveContext value={socket}>{children}</LiveContext>;
}

export function useLive(): LiveSocket {
  const socket = use(LiveContext);
  if (!socket) throw new Error('useLive outside of LiveProvider');
  return socket;
}

export function useLiveState(): LiveState {
  const socket = useLive();
  return useSyncExternalStore(socket.onState, socket.state);
}

/** Follows a topic while the component is shown. */
export function useTopic(topic: Topic): void {
  const socket = useLive();
  const text = JSON.stringify(topic);
  const stable = useMemo(() => JSON.parse(text) as Topic, [text]);
  useEffect(() => socket.subscribe(stable), [socket, stable]);
}
