import { Title } from '@mantine/core';
import { Link } from '@tanstack/react-router';
import classes from './area.module.css';
import type { AreaGroup } from './area';

/** The sections of an area with a word on each: its first page. */
export function AreaCards({ groups, about }: { groups: readonly AreaGroup[]; about: Readonly<Record<string, string>> }) {
  return (
    <>
      {groups.map((group) => (
        <section key={group.label} aria-label={group.label}>
          <Title order={2} className={classes.cardsHead}>
            {group.label}
          </Title>
          <ul className={classes.cards}>
            {group.links.map(({ to, label, icon: Icon }) => (
              <li key={to}>
                <Link to={to} className={classes.card}>
                  <Icon size={20} aria-hidden />
                  <div>
                    <strong>{label}</strong>
                    <span>{about[to]}</span>
                  </div>
                </Link>
              </li>
            ))}
          </ul>
        </section>
      ))}
    </>
  );
}
