import { Button, Checkbox } from '@mantine/core';
import { useId } from 'react';
import type { RoleFlag, RoleInput } from '@/api/admin-types';
import type { FlagGroup as Group } from './flags';
import classes from './roles.module.css';

interface FlagGroupProps {
  group: Group;
  role: RoleInput;
  disabled: boolean;
  onChange: (part: Partial<Record<RoleFlag, boolean>>) => void;
}

/** The rights of one group, one by one or all together. */
export function FlagGroup({ group, role, disabled, onChange }: FlagGroupProps) {
  const heading = useId();
  const entries = Object.entries(group.flags) as [RoleFlag, NonNullable<Group['flags'][RoleFlag]>][];
  const all = entries.every(([flag]) => role[flag]);
  const some = entries.filter(([flag]) => role[flag]).length;
  return (
    <div className={classes.group} role="group" aria-labelledby={heading}>
      <div className={classes.groupHead}>
        <strong id={heading}>
          {group.title}
          <span className="muted" style={{ fontWeight: 400 }}>
            {' '}
            {role.is_superuser ? 'all' : `${some} of ${entries.length}`}
          </span>
        </strong>
        <Button
          size="compact-xs"
          variant="subtle"
          disabled={disabled}
          aria-label={all ? `Take all of ${group.title}` : `Give all of ${group.title}`}
          onClick={() => onChange(Object.fromEntries(entries.map(([flag]) => [flag, !all])))}
        >
          {all ? 'Take all' : 'Give all'}
        </Button>
      </div>
      <div className={classes.flags}>
        {entries.map(([flag, words]) => (
          <Checkbox
            key={flag}
            size="sm"
            label={words.label}
            description={`Can ${words.says}`}
            disabled={disabled}
            checked={role.is_superuser || role[flag]}
            onChange={(event) => onChange({ [flag]: event.currentTarget.checked })}
          />
        ))}
      </div>
    </div>
  );
}
