import { Link, useRouterState } from '@tanstack/react-router';
import { useEffect, useRef, type ReactNode } from 'react';
import classes from './tab-area.module.css';

interface TabAreaProps {
  label: string;
  tabs: readonly { to: string; label: string }[];
  children: ReactNode;
}

/** A part of the product with a few sections, as a row of tabs above them. */
export function TabArea({ label, tabs, children }: TabAreaProps) {
  const nav = useRef<HTMLElement>(null);
  const path = useRouterState({ select: (state) => state.location.pathname });
  useEffect(() => {
    // On a narrow screen the row scrolls; the present tab must be in it.
    const active = nav.current?.querySelector<HTMLElement>('[data-status="active"]');
    if (nav.current && active) nav.current.scrollLeft = active.offsetLeft - nav.current.clientWidth / 2 + active.offsetWidth / 2;
  }, [path]);
  return (
    <div className={classes.area}>
      <nav ref={nav} className={classes.tabs} aria-label={label}>
        {tabs.map((tab) => (
          <Link key={tab.to} to={tab.to} className={classes.tab} activeOptions={{ exact: false, includeSearch: false }}>
            {tab.label}
          </Link>
        ))}
      </nav>
      <div className={classes.content}>{children}</div>
    </div>
  );
}
