import { Title } from '@mantine/core';
import { useDocumentTitle } from '@mantine/hooks';
import type { ReactNode } from 'react';
import classes from './auth.module.css';

/** The frame of the pages before sign-in. */
export function AuthCard({ title, lead, children }: { title: string; lead?: ReactNode; children: ReactNode }) {
  useDocumentTitle(`${title} · Gueen RMM`);
  return (
    <main className={classes.page}>
      <div className={classes.card}>
        <div className={classes.brand}>
          <img src={`${import.meta.env.BASE_URL}icon.svg`} alt="" width={28} height={28} />
          Gueen RMM
        </div>
        <Title order={1}>{title}</Title>
        {lead ? (
          <p className="muted" style={{ margin: '6px 0 18px' }}>
            {lead}
          </p>
        ) : (
          <div style={{ height: 16 }} />
        )}
        {children}
      </div>
    </main>
  );
}
