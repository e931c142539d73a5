/**
 * The signed-in session of this browser. It lives in session storage, so it ends with the browser; a second tab asks the
 * open ones for it over a BroadcastChannel, so that a link opened in a new tab does not ask for a password again.
 */

export interface Session {
  token: string;
  username: string;
}

type Message = { kind: 'ask' } | { kind: 'tell'; session: Session } | { kind: 'end' };

const storageKey = 'gueen-session';
/** How long a new tab waits for another tab's answer, milliseconds. */
const askFor = 150;

export class SessionStore {
  private current: Session | null = null;
  private readonly listeners = new Set<() => void>();
  private readonly channel: BroadcastChannel | null;
  private readonly storage: Storage;
  private answered: (() => void) | null = null;

  constructor(storage: Storage, channel: BroadcastChannel | null) {
    this.storage = storage;
    this.channel = channel;
    this.current = parse(storage.getItem(storageKey));
    this.channel?.addEventListener('message', (event: MessageEvent<Message>) => this.receive(event.data));
  }

  /** Asks other tabs when this one has no session. Resolves at once when there is one. */
  async restore(): Promise<void> {
    if (this.current || !this.channel) return;
    const channel = this.channel;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, askFor);
      this.answered = () => {
        clearTimeout(timer);
        resolve();
      };
      channel.postMessage({ kind: 'ask' } satisfies Message);
    });
    this.answered = null;
  }

  get = (): Session | null => this.current;

  begin(session: Session): void {
    this.set(session);
    this.channel?.postMessage({ kind: 'tell', session } satisfies Message);
  }

  /** Forgets the session here and in every other tab. */
  end(): void {
    if (!this.current) return;
    this.set(null);
    this.channel?.postMessage({ kind: 'end' } satisfies Message);
  }

  subscribe = (listener: () => void): (() => void) => {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  };

  private receive(message: Message): void {
    if (message.kind === 'ask' && this.current) {
      this.channel?.postMessage({ kind: 'tell', session: this.current } satisfies Message);
    } else if (message.kind === 'tell' && !this.current) {
      this.set(message.session);
      this.answered?.();
    } else if (message.kind === 'end') {
      this.set(null);
    }
  }

  private set(session: Session | null): void {
    this.current = session;
    if (session) this.storage.setItem(storageKey, JSON.stringify(session));
    else this.storage.removeItem(storageKey);
    for (const listener of this.listeners) listener();
  }
}

function parse(text: string | null): Session | null {
  if (!text) return null;
  try {
    const value = JSON.parse(text) as Partial<Session>;
    return typeof value.token === 'string' && typeof value.username === 'string'
      ? { token: value.token, username: value.username }
      : null;
  } catch {
    return null;
  }
}
