import { Button } from '@mantine/core';
import { IconAlertTriangle, IconInfoCircle, IconMapPin } from '@tabler/icons-react';
import type { RoleFlag, RoleInput } from '@/api/admin-types';
import type { Tree } from '@/api/types';
import { explain } from './explain';
import { wordsOf } from './flags';
import classes from './roles.module.css';

interface RoleWordsProps {
  role: RoleInput;
  tree: Tree | undefined;
  /** Gives what a right needs to be of use. */
  onGive?: (flag: RoleFlag) => void;
}

/** Says in sentences what holders of a role can do, where, and what to think about. */
export function RoleWords({ role, tree, onGive }: RoleWordsProps) {
  const { where, rights, risks, gaps } = explain(role, tree);
  return (
    <div className={classes.words}>
      <p className={classes.where}>
        <IconMapPin size={16} aria-hidden />
        <span>{where}</span>
      </p>
      {rights.length === 0 ? <p className="muted">Nothing yet. Give it a right below.</p> : null}
      <dl className={classes.rights}>
        {rights.map((right) => (
          <div key={right.title}>
            <dt>{right.title}</dt>
            <dd>{right.sentence}</dd>
          </div>
        ))}
      </dl>
      {gaps.map((gap) => (
        <p key={gap.flag} className={classes.gap}>
          <IconInfoCircle size={16} aria-hidden />
          <span>
            {gap.sentence}{' '}
            {onGive ? (
              <Button size="compact-xs" variant="light" onClick={() => onGive(gap.needs)}>
                Give “{wordsOf(gap.needs).label}”
              </Button>
            ) : null}
          </span>
        </p>
      ))}
      {risks.map((risk) => (
        <p key={risk} className={classes.risk}>
          <IconAlertTriangle size={16} aria-hidden />
          <span>{risk}</span>
        </p>
      ))}
    </div>
  );
}
