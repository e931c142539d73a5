/** What to run on an agent. */
export interface CommandRequest {
  cmd: string;
  shell: string;
  customShell: string | null;
  /** Seconds. */
  timeout: number;
  runAsUser: boolean;
}

export type CommandPhase = 'connecting' | 'running' | 'done' | 'failed' | 'left';

export interface CommandState {
  phase: CommandPhase;
  lines: readonly string[];
  /** Lines that were dropped from the front to bound the memory of this page. */
  dropped: number;
  exitCode: number | null;
  /** Why it failed, in the server's words where it gave any. */
  error: string | null;
  startedAt: number;
  endedAt: number | null;
}

/** At most this many lines are kept. */
export const keptLines = 20_000;
/** Output is handed on at most this often, milliseconds: a flood must not freeze the page. */
const gather = 50;
/** The server stops listening this long after the command's own time-out, milliseconds. */
const grace = 7000;

interface Frame {
  cmd_id?: string;
  output?: string;
  done?: boolean;
  exit_code?: number | null;
  error?: string;
}

/** Runs one command over its own socket and gathers what it prints (agent-protocol.md §7.2). */
export class CommandStream {
  private current: CommandState;
  private pending: string[] = [];
  private flushTimer: ReturnType<typeof setTimeout> | null = null;
  private readonly endTimer: ReturnType<typeof setTimeout>;
  private readonly socket: WebSocket;
  private readonly listeners = new Set<() => void>();

  constructor(address: string, request: CommandRequest, open: (address: string) => WebSocket = (url) => new WebSocket(url)) {
    this.current = { phase: 'connecting', lines: [], dropped: 0, exitCode: null, error: null, startedAt: Date.now(), endedAt: null };
    this.socket = open(address);
    this.socket.onopen = () => {
      this.socket.send(
        JSON.stringify({
          cmd: request.cmd,
          shell: request.shell,
          custom_shell: request.customShell,
          run_as_user: request.runAsUser,
          timeout: request.timeout,
          stream: true,
        }),
      );
      this.update({ phase: 'running' });
    };
    this.socket.onmessage = (message: MessageEvent<string>) => this.receive(message.data);
    this.socket.onclose = () => this.finish('failed', 'The connection was lost. The command may still be running; its result will be in the history.');
    this.endTimer = setTimeout(
      () => this.finish('failed', `No end was reported within ${request.timeout} s. The agent stops the command at its time limit.`),
      request.timeout * 1000 + grace,
    );
  }

  state = (): CommandState => this.current;

  subscribe = (listener: () => void): (() => void) => {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  };

  /** Stops watching. The command itself goes on until it ends or its time is up. */
  leave(): void {
    this.finish('left', null);
  }

  private receive(text: string): void {
    let frame: Frame;
    try {
      frame = JSON.parse(text) as Frame;
    } catch {
      return;
    }
    if (typeof frame.error === 'string') {
      this.finish('failed', frame.error);
      return;
    }
    if (typeof frame.output === 'string') {
      this.pending.push(...frame.output.replace(/\r?\n$/, '').split('\n'));
      this.flushTimer ??= setTimeout(() => this.flush(), gather);
    }
    if (frame.done) {
      this.flush();
      this.update({ exitCode: frame.exit_code ?? null });
      this.finish('done', null);
    }
  }

  private flush(): void {
    if (this.flushTimer !== null) clearTimeout(this.flushTimer);
    this.flushTimer = null;
    if (this.pending.length === 0) return;
    const all = [...this.current.lines, ...this.pending];
    this.pending = [];
    const over = Math.max(0, all.length - keptLines);
    this.update({ lines: over > 0 ? all.slice(over) : all, dropped: this.current.dropped + over });
  }

  private finish(phase: 'done' | 'failed' | 'left', error: string | null): void {
    if (this.current.endedAt !== null) return;
    this.flush();
    clearTimeout(this.endTimer);
    this.update({ phase, error, endedAt: Date.now() });
    this.socket.onclose = null;
    this.socket.onmessage = null;
    this.socket.close(1000);
  }

  private update(change: Partial<CommandState>): void {
    this.current = { ...this.current, ...change };
    for (const listener of this.listeners) listener();
  }
}
