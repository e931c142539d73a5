import { beforeEach, describe, expect, it, vi } from 'vitest';
import { SessionStore } from './session';

/** Channels of one name, delivering to all others at once. */
function channels() {
  const all: { listeners: ((event: { data: unknown }) => void)[] }[] = [];
  return (): BroadcastChannel => {
    const own = { listeners: [] as ((event: { data: unknown }) => void)[] };
    all.push(own);
    return {
      addEventListener: (_type: string, listener: (event: { data: unknown }) => void) => own.listeners.push(listener),
      postMessage: (data: unknown) => {
        for (const other of all) if (other !== own) for (const listener of other.listeners) listener({ data });
      },
    } as unknown as BroadcastChannel;
  };
}

function storage(): Storage {
  const held = new Map<string, string>();
  return {
    getItem: (key: string) => held.get(key) ?? null,
    setItem: (key: string, value: string) => void held.set(key, value),
    removeItem: (key: string) => void held.delete(key),
  } as unknown as Storage;
}

const session = { token: 'f'.repeat(64), username: 'admin' };

describe('SessionStore', () => {
  let open: () => BroadcastChannel;
  beforeEach(() => {
    open = channels();
  });

  it('outlives a reload', () => {
    const tab = storage();
    new SessionStore(tab, null).begin(session);
    expect(new SessionStore(tab, null).get()).toEqual(session);
  });

  it('is handed to a new tab by an open one', async () => {
    new SessionStore(storage(), open()).begin(session);
    const second = new SessionStore(storage(), open());
    expect(second.get()).toBeNull();
    await second.restore();
    expect(second.get()).toEqual(session);
  });

  it('does not wait for ever when no tab answers', async () => {
    vi.useFakeTimers();
    const alone = new SessionStore(storage(), open());
    const restored = alone.restore();
    await vi.runAllTimersAsync();
    await restored;
    expect(alone.get()).toBeNull();
    vi.useRealTimers();
  });

  it('ends in every tab', () => {
    const first = new SessionStore(storage(), open());
    const second = new SessionStore(storage(), open());
    first.begin(session);
    const told = vi.fn();
    second.subscribe(told);
    first.end();
    expect(second.get()).toBeNull();
    expect(told).toHaveBeenCalledOnce();
  });

  it('ignores what is not a session', () => {
    const tab = storage();
    tab.setItem('gueen-session', '{"token":7}');
    expect(new SessionStore(tab, null).get()).toBeNull();
    tab.setItem('gueen-session', 'x');
    expect(new SessionStore(tab, null).get()).toBeNull();
  });
});
