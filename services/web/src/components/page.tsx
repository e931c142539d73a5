import { Title } from '@mantine/core';
import { useDocumentTitle } from '@mantine/hooks';
import { useEffect, useRef, type ReactNode } from 'react';
import classes from './page.module.css';

interface PageProps {
  title: string;
  /** In front of the title in the browser's tab, where one page has several views. */
  view?: string;
  /** The way back up, above the title: links to what this is a part of. */
  trail?: ReactNode;
  lead?: ReactNode;
  actions?: ReactNode;
  narrow?: boolean;
  /** For tables with many columns. */
  wide?: boolean;
  children: ReactNode;
}

/** A scrolling page with its heading. The heading takes focus on arrival, so that a screen reader starts at the new page. */
export function Page({ title, view, trail, lead, actions, narrow = false, wide = false, children }: PageProps) {
  useDocumentTitle([...(view ? [view] : []), title, 'Gueen RMM'].join(' · '));
  return (
    <div className={classes.page}>
      <div className={`${classes.inner ?? ''} ${narrow ? (classes.narrow ?? '') : wide ? (classes.wide ?? '') : ''}`}>
        <header className={classes.header}>
          <div className={classes.titles}>
            {trail ? (
              <nav className={classes.trail} aria-label="Where this is">
                {trail}
              </nav>
            ) : null}
            <PageTitle>{title}</PageTitle>
            {lead ? <p>{lead}</p> : null}
          </div>
          {actions ? <div className={classes.actions}>{actions}</div> : null}
        </header>
        {children}
      </div>
    </div>
  );
}

/** The page's first heading, focused when it appears unless something on the page took the focus. */
export function PageTitle({ children }: { children: ReactNode }) {
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => {
    const active = document.activeElement;
    if (active === document.body || active === null || active.closest('nav')) heading.current?.focus({ preventScroll: true });
  }, []);
  return (
    <Title order={1} ref={heading} tabIndex={-1} dir="auto">
      {children}
    </Title>
  );
}

interface PanelProps {
  title?: ReactNode;
  actions?: ReactNode;
  /** Leaves out the inner padding, for tables. */
  flush?: boolean;
  children: ReactNode;
  label?: string;
}

export function Panel({ title, actions, flush = false, children, label }: PanelProps) {
  return (
    <section className={classes.panel} aria-label={label ?? (typeof title === 'string' ? title : undefined)}>
      {title !== undefined || actions !== undefined ? (
        <div className={classes.panelHead}>
          {typeof title === 'string' ? <Title order={2}>{title}</Title> : (title ?? <span />)}
          {actions}
        </div>
      ) : null}
      <div className={flush ? '' : classes.panelBody}>{children}</div>
    </section>
  );
}
