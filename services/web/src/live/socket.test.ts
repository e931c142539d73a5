import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { fakeSockets } from '@/test/fake-socket';
import { Backoff } from './backoff';
import { LiveSocket } from './socket';

describe('LiveSocket', () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  function start(token: () => string | null = () => 'wss://x/v1/ws?access_token=t') {
    const sockets = fakeSockets();
    const onSessionGone = vi.fn();
    const live = new LiveSocket({ address: token, onSessionGone, open: sockets.open, backoff: new Backoff(() => 0, 1000, 8000) });
    const events: string[] = [];
    live.onEvent((event) => events.push(event.event));
    return { live, sockets, onSessionGone, events };
  }

  it('subscribes once for any number of followers', () => {
    const { live, sockets } = start();
    const first = live.subscribe({ topic: 'agents' });
    live.start();
    sockets.last().accept();
    const second = live.subscribe({ topic: 'agents' });
    expect(sockets.last().sent).toEqual([{ op: 'subscribe', topic: 'agents' }]);
    first();
    first();
    expect(sockets.last().sent).toHaveLength(1);
    second();
    expect(sockets.last().sent[1]).toEqual({ op: 'unsubscribe', topic: 'agents' });
  });

  it('comes back with all topics and says that facts may be missing', () => {
    const { live, sockets, events } = start();
    live.subscribe({ topic: 'agent', agent_id: 'abc' });
    live.start();
    sockets.last().accept();
    expect(live.state()).toBe('open');
    sockets.last().drop();
    expect(live.state()).toBe('down');
    vi.advanceTimersByTime(500);
    expect(sockets.opened).toHaveLength(2);
    sockets.last().accept();
    expect(sockets.last().sent).toEqual([{ op: 'subscribe', topic: 'agent', agent_id: 'abc' }]);
    expect(events).toEqual(['resync']);
  });

  it('waits longer each time', () => {
    const { live, sockets } = start();
    live.start();
    for (const pause of [500, 1000, 2000, 4000, 4000]) {
      const before = sockets.opened.length;
      sockets.last().drop();
      vi.advanceTimersByTime(pause - 1);
      expect(sockets.opened).toHaveLength(before);
      vi.advanceTimersByTime(1);
      expect(sockets.opened).toHaveLength(before + 1);
    }
  });

  it('returns at once when it was dropped for reading slowly, or when asked', () => {
    const { live, sockets } = start();
    live.start();
    sockets.last().accept();
    sockets.last().drop(4408);
    vi.advanceTimersByTime(0);
    expect(sockets.opened).toHaveLength(2);
    sockets.last().drop();
    live.retryNow();
    expect(sockets.opened).toHaveLength(3);
  });

  it('stops when the session is gone', () => {
    const { live, sockets, onSessionGone } = start();
    live.start();
    sockets.last().accept();
    sockets.last().drop(4401);
    vi.advanceTimersByTime(60_000);
    expect(onSessionGone).toHaveBeenCalledOnce();
    expect(sockets.opened).toHaveLength(1);
    expect(live.state()).toBe('idle');
  });

  it('passes on what it understands and drops the rest', () => {
    const { live, sockets, events } = start();
    live.start();
    sockets.last().accept();
    for (const frame of ['{', '7', 'null', '{"event":"dance"}', '{"error":"bad frame"}']) sockets.last().say(frame);
    sockets.last().say({ topic: 'agents', event: 'row', agent_id: 'a', data: { hostname: 'x' } });
    expect(events).toEqual(['row']);
  });

  it('does not connect without a session', () => {
    const { live, sockets } = start(() => null);
    live.start();
    expect(sockets.opened).toHaveLength(0);
  });
});
