import { CloseButton, Kbd, TextInput } from '@mantine/core';
import { IconSearch } from '@tabler/icons-react';
import { useRouterState } from '@tanstack/react-router';
import { useEffect, useRef, useState } from 'react';
import classes from './table.module.css';

/** The list follows the typing after this pause, milliseconds. */
const pause = 250;

export function SearchBox({ value, onChange }: { value: string; onChange: (value: string) => void }) {
  const [text, setText] = useState(value);
  const [seen, setSeen] = useState(value);
  const box = useRef<HTMLInputElement>(null);
  const wanted = useRouterState({ select: (state) => state.location.state.focusSearch === true });

  // The address changed by something else than typing (back, a cleared filter): follow it.
  if (value !== seen) {
    setSeen(value);
    if (value !== text.trim()) setText(value);
  }
  useEffect(() => {
    if (text.trim() === value) return undefined;
    const timer = setTimeout(() => onChange(text.trim()), pause);
    return () => clearTimeout(timer);
  }, [onChange, text, value]);
  useEffect(() => {
    if (wanted) box.current?.focus();
  }, [wanted]);

  return (
    <TextInput
      ref={box}
      data-search
      className={classes.search}
      placeholder="Host, site, user, OS, IP…"
      aria-label="Search agents"
      leftSection={<IconSearch size={16} />}
      rightSection={
        text === '' ? <Kbd size="xs" visibleFrom="sm">/</Kbd> : <CloseButton size="sm" aria-label="Clear the search" onClick={() => setText('')} />
      }
      value={text}
      maxLength={200}
      onChange={(event) => setText(event.currentTarget.value)}
      onKeyDown={(event) => {
        if (event.key === 'Escape') event.currentTarget.blur();
        if (event.key === 'Enter') onChange(text.trim());
      }}
    />
  );
}
