import { Backoff } from './backoff';
import { parseFrame, topicKey, type LiveEvent, type Topic } from './frames';

export type LiveState = 'idle' | 'connecting' | 'open' | 'down';

/** Close codes of the server: the session is gone; this client read too slowly and was dropped. */
const closeSessionGone = 4401;
const closeSlowReader = 4408;

export interface LiveSocketDeps {
  /** The address with the present session's token, or null when signed out. */
  address: () => string | null;
  /** Called when the server says that the session is gone. */
  onSessionGone: () => void;
  open?: (address: string) => WebSocket;
  backoff?: Backoff;
}

/**
 * One WebSocket for all live facts of this tab. Topics are counted, so that two parts of a page may follow the same one.
 * After each reconnect all topics are subscribed again and listeners get `resync`, because facts may have been missed.
 */
export class LiveSocket {
  private socket: WebSocket | null = null;
  private timer: ReturnType<typeof setTimeout> | null = null;
  private running = false;
  private wasOpen = false;
  private currentState: LiveState = 'idle';
  private readonly topics = new Map<string, { topic: Topic; count: number }>();
  private readonly eventListeners = new Set<(event: LiveEvent) => void>();
  private readonly stateListeners = new Set<() => void>();
  private readonly deps: LiveSocketDeps;
  private readonly backoff: Backoff;

  constructor(deps: LiveSocketDeps) {
    this.deps = deps;
    this.backoff = deps.backoff ?? new Backoff();
  }

  state = (): LiveState => this.currentState;

  onState = (listener: () => void): (() => void) => {
    this.stateListeners.add(listener);
    return () => this.stateListeners.delete(listener);
  };

  onEvent(listener: (event: LiveEvent) => void): () => void {
    this.eventListeners.add(listener);
    return () => this.eventListeners.delete(listener);
  }

  /** Follows a topic until the returned function is called. */
  subscribe(topic: Topic): () => void {
    const key = topicKey(topic);
    const entry = this.topics.get(key) ?? { topic, count: 0 };
    entry.count += 1;
    this.topics.set(key, entry);
    if (entry.count === 1) this.send({ op: 'subscribe', ...topic });
    let done = false;
    return () => {
      if (done) return;
      done = true;
      entry.count -= 1;
      if (entry.count > 0) return;
      this.topics.delete(key);
      this.send({ op: 'unsubscribe', ...topic });
    };
  }

  start(): void {
    if (this.running) return;
    this.running = true;
    this.connect();
  }

  stop(): void {
    this.running = false;
    this.wasOpen = false;
    this.clearTimer();
    const socket = this.socket;
    this.socket = null;
    socket?.close(1000);
    this.setState('idle');
  }

  /** Tries at once, for when the network or the tab comes back. */
  retryNow = (): void => {
    if (!this.running || this.currentState !== 'down') return;
    this.clearTimer();
    this.connect();
  };

  private connect(): void {
    const address = this.deps.address();
    if (address === null) return;
    this.setState(this.wasOpen || this.currentState === 'down' ? 'down' : 'connecting');
    const socket = this.deps.open ? this.deps.open(address) : new WebSocket(address);
    this.socket = socket;
    socket.onopen = () => {
      if (this.socket !== socket) return;
      this.backoff.reset();
      for (const { topic } of this.topics.values()) this.send({ op: 'subscribe', ...topic });
      this.setState('open');
      if (this.wasOpen) this.emit({ event: 'resync' });
      this.wasOpen = true;
    };
    socket.onmessage = (message: MessageEvent<unknown>) => {
      const event = parseFrame(message.data);
      if (event) this.emit(event);
    };
    socket.onclose = (event) => {
      if (this.socket !== socket) return;
      this.socket = null;
      if (!this.running) return;
      if (event.code === closeSessionGone) {
        this.stop();
        this.deps.onSessionGone();
        return;
      }
      this.setState('down');
      this.clearTimer();
      this.timer = setTimeout(() => this.connect(), event.code === closeSlowReader ? 0 : this.backoff.next());
    };
  }

  private send(frame: object): void {
    if (this.socket?.readyState === 1) this.socket.send(JSON.stringify(frame));
  }

  private emit(event: LiveEvent): void {
    for (const listener of this.eventListeners) listener(event);
  }

  private setState(state: LiveState): void {
    if (state === this.currentState) return;
    this.currentState = state;
    for (const listener of this.stateListeners) listener();
  }

  private clearTimer(): void {
    if (this.timer !== null) clearTimeout(this.timer);
    this.timer = null;
  }
}
