import { Switch } from '@mantine/core';
import { IconEqual, IconMinus, IconPencil, IconPlus } from '@tabler/icons-react';
import { useState } from 'react';
import { diff, type Change, type ChangeKind } from './diff';
import classes from './diff-table.module.css';

const signs: Readonly<Record<ChangeKind, { icon: typeof IconPlus; word: string }>> = {
  added: { icon: IconPlus, word: 'Added' },
  removed: { icon: IconMinus, word: 'Removed' },
  changed: { icon: IconPencil, word: 'Changed' },
  same: { icon: IconEqual, word: 'Same' },
};

/** What differs between two values, field by field; what stayed the same on demand. */
export function DiffTable({ before, after }: { before: unknown; after: unknown }) {
  const all = diff(before, after);
  const changes = all.filter((change) => change.kind !== 'same');
  const oneSided = before === null || before === undefined || after === null || after === undefined;
  const [everything, setEverything] = useState(false);
  const shown = everything || oneSided ? all : changes;
  if (all.length === 0) return <p className="muted">Nothing is recorded of the values.</p>;
  return (
    <div>
      {!oneSided && changes.length < all.length ? (
        <div className={classes.bar}>
          <span className="muted">
            {changes.length === 0 ? 'Nothing differs' : `${changes.length} of ${all.length} fields differ`}
          </span>
          <Switch size="sm" label="Show all fields" checked={everything} onChange={(event) => setEverything(event.currentTarget.checked)} />
        </div>
      ) : null}
      <table className={classes.table} aria-label="Before and after">
        <thead>
          <tr>
            <th scope="col">Field</th>
            <th scope="col">Before</th>
            <th scope="col">After</th>
          </tr>
        </thead>
        <tbody>
          {shown.map((change) => (
            <Row key={change.path} change={change} />
          ))}
        </tbody>
      </table>
    </div>
  );
}

function Row({ change }: { change: Change }) {
  const { icon: Icon, word } = signs[change.kind];
  return (
    <tr data-kind={change.kind}>
      <th scope="row">
        <span className={classes.sign} title={word}>
          <Icon size={14} aria-hidden />
          <span className="visually-hidden">{word}: </span>
        </span>
        <span className={classes.path}>{change.path || 'value'}</span>
      </th>
      <td data-label="Before" className={classes.before}>
        {change.before === null ? <span className="muted">–</span> : <pre>{change.before || '(empty)'}</pre>}
      </td>
      <td data-label="After" className={classes.after}>
        {change.after === null ? <span className="muted">–</span> : <pre>{change.after || '(empty)'}</pre>}
      </td>
    </tr>
  );
}
