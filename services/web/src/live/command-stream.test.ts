import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { fakeSockets } from '@/test/fake-socket';
import { CommandStream, keptLines } from './command-stream';

const request = { cmd: 'df -h', shell: '/bin/bash', customShell: null, timeout: 30, runAsUser: false };

describe('CommandStream', () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  function start() {
    const sockets = fakeSockets();
    const stream = new CommandStream('wss://x', request, sockets.open);
    const socket = sockets.last();
    socket.accept();
    return { stream, socket };
  }

  it('runs, gathers lines and ends with the exit code', () => {
    const { stream, socket } = start();
    expect(socket.sent).toEqual([{ cmd: 'df -h', shell: '/bin/bash', custom_shell: null, run_as_user: false, timeout: 30, stream: true }]);
    socket.say({ cmd_id: 'x' });
    socket.say({ cmd_id: 'x', output: 'one\n' });
    socket.say({ cmd_id: 'x', output: 'two\nthree' });
    expect(stream.state().lines).toEqual([]);
    vi.advanceTimersByTime(60);
    expect(stream.state()).toMatchObject({ phase: 'running', lines: ['one', 'two', 'three'] });
    socket.say({ cmd_id: 'x', output: 'last', done: true, exit_code: 3 });
    expect(stream.state()).toMatchObject({ phase: 'done', lines: ['one', 'two', 'three', 'last'], exitCode: 3, error: null });
    expect(socket.closedWith).toBe(1000);
  });

  it('shows the refusal as given', () => {
    const { stream, socket } = start();
    socket.say({ error: 'You do not have permission to perform this action.', status: 403 });
    expect(stream.state()).toMatchObject({ phase: 'failed', error: 'You do not have permission to perform this action.' });
  });

  it('says that a lost connection is not the end of the command', () => {
    const { stream, socket } = start();
    socket.drop();
    expect(stream.state().phase).toBe('failed');
    expect(stream.state().error).toMatch(/may still be running/);
  });

  it('does not wait for ever', () => {
    const { stream } = start();
    vi.advanceTimersByTime(30_000 + 7000);
    expect(stream.state()).toMatchObject({ phase: 'failed' });
  });

  it('can be left', () => {
    const { stream, socket } = start();
    stream.leave();
    expect(stream.state().phase).toBe('left');
    socket.say({ output: 'late' });
    vi.advanceTimersByTime(100_000);
    expect(stream.state()).toMatchObject({ phase: 'left', lines: [] });
  });

  it('keeps a bounded number of lines', () => {
    const { stream, socket } = start();
    socket.say({ output: Array.from({ length: keptLines + 5 }, (_, index) => `l${index}`).join('\n') });
    vi.advanceTimersByTime(60);
    expect(stream.state().lines).toHaveLength(keptLines);
    expect(stream.state().lines[0]).toBe('l5');
    expect(stream.state().dropped).toBe(5);
  });
});
