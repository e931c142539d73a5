import { Kbd, Modal } from '@mantine/core';
import { useHotkeys } from '@mantine/hooks';
import { useNavigate } from '@tanstack/react-router';
import classes from './shell.module.css';

const keys: readonly [readonly string[], string][] = [
  [['/'], 'Search agents'],
  [['j', 'k'], 'Next and previous row (arrow keys do the same)'],
  [['Enter'], 'Open the row'],
  [['Home', 'End'], 'First and last loaded row'],
  [['a'], 'Add an agent'],
  [['Ctrl', 'Enter'], 'Run the command or save the note you are writing'],
  [['Esc'], 'Close a dialog, or leave the search box'],
  [['?'], 'Show this help'],
];

interface ShortcutsProps {
  opened: boolean;
  onOpen: () => void;
  onClose: () => void;
}

/** The keys that work on every page, and the list of all of them. */
export function Shortcuts({ opened, onOpen, onClose }: ShortcutsProps) {
  const navigate = useNavigate();
  useHotkeys([
    ['shift+?', onOpen],
    ['?', onOpen],
    ['a', () => void navigate({ to: '/add-agent' })],
    [
      '/',
      () => {
        const box = document.querySelector<HTMLInputElement>('[data-search]');
        if (box) box.focus();
        else void navigate({ to: '/agents', state: { focusSearch: true } });
      },
    ],
  ]);
  return (
    <Modal opened={opened} onClose={onClose} title="Keyboard">
      <dl className={classes.keys}>
        {keys.map(([names, what]) => (
          <div key={what} style={{ display: 'contents' }}>
            <dt>
              {names.map((name) => (
                <Kbd key={name}>{name}</Kbd>
              ))}
            </dt>
            <dd>{what}</dd>
          </div>
        ))}
      </dl>
    </Modal>
  );
}
