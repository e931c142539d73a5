import '@xterm/xterm/css/xterm.css';
import { Button, Select, TextInput } from '@mantine/core';
import { FitAddon } from '@xterm/addon-fit';
import { Terminal as Xterm } from '@xterm/xterm';
import { useEffect, useRef, useState } from 'react';
import { useServices } from '@/api/context';
import type { AgentRow, Plat } from '@/api/types';
import { terminalAddress, uuid } from '@/live/agent-socket';
import { TerminalSession, type TerminalState } from '@/live/terminal-session';
import classes from './terminal.module.css';

/** Resizes are sent after the window rests this long, milliseconds. */
const settle = 150;
const scrollback = 20_000;

const shells: Record<Plat, { value: string; label: string }[]> = {
  windows: [
    { value: '', label: 'Default shell' },
    { value: 'cmd', label: 'Command Prompt' },
    { value: 'powershell', label: 'PowerShell' },
    { value: 'custom', label: 'Other…' },
  ],
  linux: [
    { value: '', label: 'Default shell' },
    { value: 'bash', label: 'bash' },
    { value: 'custom', label: 'Other…' },
  ],
  darwin: [
    { value: '', label: 'Default shell' },
    { value: 'bash', label: 'bash' },
    { value: 'custom', label: 'Other…' },
  ],
};

interface Wish {
  shell: string;
  /** Counts sessions, so that the same shell can be opened again. */
  number: number;
}

/** A shell on the machine. */
export default function TerminalView({ id, row }: { id: string; row: AgentRow }) {
  const [choice, setChoice] = useState('');
  const [path, setPath] = useState('');
  const [wish, setWish] = useState<Wish>({ shell: '', number: 1 });
  const [state, setState] = useState<TerminalState>({ phase: 'connecting', message: null });
  const screen = useTerminal(id, wish, setState);
  const over = state.phase === 'ended' || state.phase === 'lost' || state.phase === 'refused';
  const again = (shell: string) => setWish((present) => ({ shell, number: present.number + 1 }));

  return (
    <div className={classes.frame}>
      <div className={classes.bar}>
        <span role="status" aria-live="polite">
          {words(state, row.hostname)}
        </span>
        <Select
          size="xs"
          w={150}
          aria-label="Shell"
          value={choice}
          data={shells[row.plat]}
          onChange={(value) => {
            setChoice(value ?? '');
            if (value !== 'custom') again(value ?? '');
          }}
        />
        {choice === 'custom' ? (
          <form
            onSubmit={(event) => {
              event.preventDefault();
              again(path.trim());
            }}
          >
            <TextInput size="xs" aria-label="Path of the shell" placeholder="/usr/bin/fish, then Enter" value={path} onChange={(event) => setPath(event.currentTarget.value)} />
          </form>
        ) : null}
        <Button size="xs" variant={over ? 'filled' : 'default'} onClick={() => again(wish.shell)}>
          {over ? 'Open again' : 'New shell'}
        </Button>
      </div>
      <div className={classes.screen} ref={screen} data-terminal={state.phase} />
    </div>
  );
}

function words(state: TerminalState, host: string): string {
  if (state.message) return state.message;
  if (state.phase === 'connecting') return `Connecting to ${host}…`;
  if (state.phase === 'starting') return `Starting a shell on ${host}…`;
  return host;
}

function useTerminal(id: string, wish: Wish, onState: (state: TerminalState) => void) {
  const { wsBase, sessions } = useServices();
  const holder = useRef<HTMLDivElement>(null);
  useEffect(() => {
    const element = holder.current;
    const token = sessions.get()?.token;
    if (!element || !token) return undefined;
    const style = getComputedStyle(document.documentElement);
    const xterm = new Xterm({
      scrollback,
      cursorBlink: true,
      fontFamily: style.getPropertyValue('--mantine-font-family-monospace') || 'monospace',
      fontSize: 13,
      screenReaderMode: false,
      theme: { background: '#0d1417', foreground: '#d7e0e3', cursor: '#5fbfd2', selectionBackground: '#2c4a55' },
    });
    const fit = new FitAddon();
    xterm.loadAddon(fit);
    xterm.open(element);
    fit.fit();
    onState({ phase: 'connecting', message: null });
    const session = new TerminalSession(
      terminalAddress(wsBase, id, uuid(), token),
      { shell: wish.shell, runAsUser: false },
      { onOutput: (text) => xterm.write(text), onState },
    );
    session.resize(xterm.rows, xterm.cols);
    xterm.onData((data) => session.input(data));
    xterm.focus();

    let timer: ReturnType<typeof setTimeout> | null = null;
    const observer = new ResizeObserver(() => {
      if (timer !== null) clearTimeout(timer);
      timer = setTimeout(() => {
        fit.fit();
        session.resize(xterm.rows, xterm.cols);
      }, settle);
    });
    observer.observe(element);
    return () => {
      if (timer !== null) clearTimeout(timer);
      observer.disconnect();
      session.close();
      xterm.dispose();
    };
  }, [id, onState, sessions, wish, wsBase]);
  return holder;
}
