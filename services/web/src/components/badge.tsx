import type { ReactNode } from 'react';
import classes from './badge.module.css';

export type Tone = 'ok' | 'warn' | 'bad' | 'info' | 'off';

interface BadgeProps {
  tone: Tone;
  icon: ReactNode;
  children: ReactNode;
  pill?: boolean;
  title?: string;
}

/** A state: always an icon of its own shape and a word, never colour alone. */
export function Badge({ tone, icon, children, pill = false, title }: BadgeProps) {
  return (
    <span className={`${classes.badge ?? ''} ${classes[tone] ?? ''} ${pill ? (classes.pill ?? '') : ''}`} title={title}>
      {icon}
      <span>{children}</span>
    </span>
  );
}
