import { describe, expect, it, vi } from 'vitest';
import { fakeSockets } from '@/test/fake-socket';
import { uuid } from './agent-socket';
import { TerminalSession } from './terminal-session';

function start() {
  const sockets = fakeSockets();
  const onOutput = vi.fn();
  const onState = vi.fn();
  const session = new TerminalSession('wss://x', { shell: '', runAsUser: false }, { onOutput, onState }, sockets.open);
  return { session, socket: sockets.last(), onOutput, onState };
}

describe('TerminalSession', () => {
  it('starts, sizes and echoes', () => {
    const { session, socket, onOutput, onState } = start();
    session.resize(40, 120);
    session.input('too early');
    socket.accept();
    session.input('ls\r');
    expect(socket.sent).toEqual([
      { action: 'start', shell: '', run_as_user: false },
      { action: 'resize', rows: 40, cols: 120 },
      { action: 'input', data: 'ls\r' },
    ]);
    socket.say({ action: 'trmmcli.output', data: { output: '$ ', done: false } });
    expect(onOutput).toHaveBeenCalledWith('$ ');
    expect(onState).toHaveBeenLastCalledWith({ phase: 'open', message: null });
  });

  it('tells how the shell ended', () => {
    const { session, socket, onState } = start();
    socket.accept();
    socket.say({ action: 'trmmcli.output', data: { output: 'bye', done: true, exit_code: 2 } });
    expect(onState).toHaveBeenLastCalledWith({ phase: 'ended', message: 'The shell ended with exit code 2.' });
    session.input('x');
    expect(socket.sent).toHaveLength(1);
  });

  it('shows why it did not start', () => {
    const { socket, onState } = start();
    socket.accept();
    socket.say({ action: 'terminal_error', error: 'no such shell', code: 'invalid_shell' });
    expect(onState).toHaveBeenLastCalledWith({ phase: 'refused', message: 'no such shell' });
  });

  it('tells a refused socket from a lost one', () => {
    const refused = start();
    refused.socket.drop();
    expect(refused.onState.mock.lastCall?.[0]).toMatchObject({ phase: 'refused' });
    const lost = start();
    lost.socket.accept();
    lost.socket.drop();
    expect(lost.onState.mock.lastCall?.[0]).toMatchObject({ phase: 'lost' });
  });

  it('ends the shell when the page is left', () => {
    const { session, socket, onState } = start();
    socket.accept();
    onState.mockClear();
    session.close();
    expect(socket.sent.at(-1)).toEqual({ action: 'kill' });
    expect(onState).not.toHaveBeenCalled();
  });
});

describe('uuid', () => {
  it('is a random version 4', () => {
    const one = uuid();
    expect(one).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    expect(uuid()).not.toBe(one);
  });
});
