import type { ReactNode } from 'react';
import classes from './data-table.module.css';

export interface Column<T> {
  /** Heading; on a narrow screen the label in front of the value. */
  head: string;
  cell: (row: T) => ReactNode;
  /** `lead` names the row, `tools` acts on it, `number` is aligned at its end, `tight` does not wrap, `wide` takes what is left and is cut off. */
  kind?: 'lead' | 'tools' | 'number' | 'tight' | 'wide';
}

interface DataTableProps<T> {
  /** What the table lists, for assistive technology. */
  label: string;
  columns: readonly Column<T>[];
  rows: readonly T[];
  rowKey: (row: T) => string | number;
}

/** Rows of a few hundred things at most. On a narrow screen every row becomes a block of labelled values. */
export function DataTable<T>({ label, columns, rows, rowKey }: DataTableProps<T>) {
  return (
    <table className={classes.table} aria-label={label}>
      <thead>
        <tr>
          {columns.map((column) => (
            <th key={column.head} scope="col" className={classNameOf(column.kind)}>
              {column.kind === 'tools' ? <span className="visually-hidden">{column.head}</span> : column.head}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {rows.map((row) => (
          <tr key={rowKey(row)}>
            {columns.map((column) => {
              const content = column.cell(row);
              const plain = column.kind === 'lead' || column.kind === 'tools';
              return (
                <td
                  key={column.head}
                  className={classNameOf(column.kind)}
                  data-label={plain ? undefined : column.head}
                  data-empty={content === null || content === undefined || content === '' ? true : undefined}
                >
                  {plain ? content : <div className={classes.value}>{content}</div>}
                </td>
              );
            })}
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function classNameOf(kind: Column<unknown>['kind']): string | undefined {
  return kind ? classes[kind] : undefined;
}

/** A second, quieter line under what names a row. */
export function Sub({ children }: { children: ReactNode }) {
  return <div className={classes.sub}>{children}</div>;
}
