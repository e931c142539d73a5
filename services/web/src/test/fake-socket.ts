/** A WebSocket under the control of a test. */
export class FakeSocket {
  readyState = 0;
  readonly sent: Record<string, unknown>[] = [];
  closedWith: number | null = null;
  onopen: (() => void) | null = null;
  onmessage: ((message: { data: string }) => void) | null = null;
  onclose: ((event: { code: number }) => void) | null = null;
  readonly address: string;

  constructor(address: string) {
    this.address = address;
  }

  send(text: string): void {
    this.sent.push(JSON.parse(text) as Record<string, unknown>);
  }

  close(code = 1005): void {
    this.closedWith = code;
    this.drop(code);
  }

  /** The server accepts. */
  accept(): void {
    this.readyState = 1;
    this.onopen?.();
  }

  say(frame: unknown): void {
    this.onmessage?.({ data: typeof frame === 'string' ? frame : JSON.stringify(frame) });
  }

  /** The connection ends. */
  drop(code = 1006): void {
    this.readyState = 3;
    this.onclose?.({ code });
  }
}

/** Opens fake sockets and remembers them. */
export function fakeSockets() {
  const opened: FakeSocket[] = [];
  const open = (address: string): WebSocket => {
    const socket = new FakeSocket(address);
    opened.push(socket);
    return socket as unknown as WebSocket;
  };
  const last = (): FakeSocket => {
    const socket = opened.at(-1);
    if (!socket) throw new Error('no socket was opened');
    return socket;
  };
  return { opened, open, last };
}
