export type TerminalPhase = 'connecting' | 'starting' | 'open' | 'ended' | 'lost' | 'refused';

export interface TerminalState {
  phase: TerminalPhase;
  /** What happened, in words. */
  message: string | null;
}

interface TerminalHandlers {
  onOutput: (text: string) => void;
  onState: (state: TerminalState) => void;
}

interface Frame {
  action?: string;
  error?: string;
  message?: string;
  data?: { output?: string; done?: boolean; exit_code?: number | null; error?: string };
}

/** One interactive shell on an agent (agent-protocol.md §7.3). The shell ends with its socket. */
export class TerminalSession {
  private readonly socket: WebSocket;
  private readonly handlers: TerminalHandlers;
  private phase: TerminalPhase = 'connecting';
  private size: { rows: number; cols: number } | null = null;

  constructor(
    address: string,
    start: { shell: string; runAsUser: boolean },
    handlers: TerminalHandlers,
    open: (address: string) => WebSocket = (url) => new WebSocket(url),
  ) {
    this.handlers = handlers;
    this.socket = open(address);
    this.socket.onopen = () => {
      this.send({ action: 'start', shell: start.shell, run_as_user: start.runAsUser });
      if (this.size) this.send({ action: 'resize', ...this.size });
      this.set('starting', null);
    };
    this.socket.onmessage = (message: MessageEvent<string>) => this.receive(message.data);
    this.socket.onclose = () => {
      if (this.phase === 'connecting') this.set('refused', 'The terminal could not be opened. You may lack the permission, or the server is away.');
      else if (!this.over) this.set('lost', 'The connection was lost and the shell has ended.');
    };
  }

  input(data: string): void {
    if (this.phase === 'open' || this.phase === 'starting') this.send({ action: 'input', data });
  }

  resize(rows: number, cols: number): void {
    this.size = { rows, cols };
    if (!this.over && this.phase !== 'connecting') this.send({ action: 'resize', rows, cols });
  }

  close(): void {
    this.socket.onclose = null;
    this.socket.onmessage = null;
    if (!this.over) this.send({ action: 'kill' });
    this.socket.close(1000);
  }

  private get over(): boolean {
    return this.phase === 'ended' || this.phase === 'lost' || this.phase === 'refused';
  }

  private receive(text: string): void {
    let frame: Frame;
    try {
      frame = JSON.parse(text) as Frame;
    } catch {
      return;
    }
    const failed = frame.error ?? (frame.action === 'terminal_error' ? frame.data?.error : undefined);
    if (failed !== undefined) {
      this.set('refused', failed);
      this.socket.close(1000);
      return;
    }
    if (frame.action === 'terminal_info' && frame.message) this.set(this.phase, frame.message);
    if (frame.data?.output) {
      if (this.phase === 'starting') this.set('open', null);
      this.handlers.onOutput(frame.data.output);
    }
    if (frame.data?.done) {
      const code = frame.data.exit_code;
      this.set('ended', typeof code === 'number' ? `The shell ended with exit code ${code}.` : 'The shell ended.');
      this.socket.close(1000);
    }
  }

  private send(frame: object): void {
    if (this.socket.readyState === 1) this.socket.send(JSON.stringify(frame));
  }

  private set(phase: TerminalPhase, message: string | null): void {
    this.phase = phase;
    this.handlers.onState({ phase, message });
  }
}
