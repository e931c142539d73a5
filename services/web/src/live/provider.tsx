import { useQueryClient, type QueryClient } from '@tanstack/react-query';
import { createContext, use, useEffect, useMemo, useState, useSyncExternalStore, type ReactNode } from 'react';
import { useServices, useSession } from '@/api/context';
import { agentKeys } from '@/api/queries/agents';
import { checkKeys } from '@/api/queries/checks';
import { enrolmentKeys } from '@/api/queries/enrolments';
import { treeKey } from '@/api/queries/tree';
import type { LiveEvent, Topic } from './frames';
import { applyPatches, removeRow, rowPatch, type RowPatch } from './patches';
import { LiveSocket, type LiveState } from './socket';

const LiveContext = createContext<LiveSocket | null>(null);

/** Facts that arrive within this time are written together, milliseconds. */
const gather = 120;
/** Counters are read again at most this often while facts arrive, milliseconds. */
const recount = 1500;

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

/** Gathers facts and writes them in one go; reads again only what a fact cannot carry. */
export function cacheWriter(client: QueryClient): { receive: (event: LiveEvent) => void; stop: () => void } {
  const patches = new Map<string, RowPatch>();
  const stale = new Map<string, readonly unknown[]>();
  let patchTimer: ReturnType<typeof setTimeout> | null = null;
  let staleTimer: ReturnType<typeof setTimeout> | null = null;

  const flush = () => {
    patchTimer = null;
    applyPatches(client, patches);
    patches.clear();
  };
  const reread = () => {
    staleTimer = null;
    for (const key of stale.values()) void client.invalidateQueries({ queryKey: key });
    stale.clear();
  };
  const markStale = (key: readonly unknown[], delay = recount) => {
    stale.set(JSON.stringify(key), key);
    staleTimer ??= setTimeout(reread, delay);
  };

  return {
    receive(event) {
      const id = event.agent_id;
      if (event.event === 'resync') {
        for (const key of [agentKeys.all, treeKey, checkKeys.all, ['enrolments']]) markStale(key, 0);
        return;
      }
      const patch = id ? rowPatch(event) : null;
      if (id && patch) {
        patches.set(id, { ...patches.get(id), ...patch });
        patchTimer ??= setTimeout(flush, gather);
      }
      if (event.event !== 'result') {
        markStale(agentKeys.counts);
        markStale(treeKey);
      }
      if (!id) return;
      if (event.event === 'row') markStale(agentKeys.detail(id));
      if (event.event === 'checks' || event.event === 'result') {
        markStale(checkKeys.agent(id));
        markStale(checkKeys.histories);
      }
      if (event.event === 'result') {
        markStale(agentKeys.history(id));
        markStale(agentKeys.notes(id));
      }
      if (event.event === 'removed') removeRow(client, id);
      if (event.event === 'enrolled') {
        markStale(agentKeys.lists);
        const enrolment = event.data?.enrolment_id ?? event.data?.id;
        if (typeof enrolment === 'string' || typeof enrolment === 'number') markStale(enrolmentKeys.one(String(enrolment)), 0);
        else markStale(['enrolments'], 0);
      }
    },
    stop() {
      if (patchTimer !== null) clearTimeout(patchTimer);
      if (staleTimer !== null) clearTimeout(staleTimer);
    },
  };
}
