import { IconChevronLeft } from '@tabler/icons-react';
import { Link, useRouterState } from '@tanstack/react-router';
import type { ComponentType, ReactNode } from 'react';
import classes from './area.module.css';

export interface AreaLink {
  to: string;
  label: string;
  icon: ComponentType<{ size?: number; 'aria-hidden'?: boolean }>;
}

export interface AreaGroup {
  label: string;
  links: readonly AreaLink[];
}

interface AreaProps {
  /** The area's own address and name, for the way back on a narrow screen. */
  home: string;
  label: string;
  groups: readonly AreaGroup[];
  children: ReactNode;
}

/** A part of the product with sections: they are listed beside it, and on a narrow screen one step back. */
export function Area({ home, label, groups, children }: AreaProps) {
  const path = useRouterState({ select: (state) => state.location.pathname.replace(/\/$/, '') });
  return (
    <div className={classes.area}>
      <nav className={classes.nav} aria-label={label}>
        {groups.map((group) => (
          <div key={group.label}>
            <div className={classes.group}>{group.label}</div>
            {group.links.map(({ to, label: name, icon: Icon }) => (
              <Link key={to} to={to} className={classes.link} data-active={path === to || path.startsWith(`${to}/`) ? true : undefined}>
                <Icon size={17} aria-hidden />
                {name}
              </Link>
            ))}
          </div>
        ))}
      </nav>
      <div className={classes.body}>
        {path === home ? null : (
          <Link to={home} className={classes.back}>
            <IconChevronLeft size={16} aria-hidden />
            {label}
          </Link>
        )}
        <div className={classes.content}>{children}</div>
      </div>
    </div>
  );
}
