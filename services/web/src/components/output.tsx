import { memo, type ReactNode } from 'react';
import { parseAnsi } from './ansi';
import { Copy } from './copy';
import classes from './output.module.css';

interface OutputProps {
  text: string;
  label: string;
  /** Shown left in the bar above the text. */
  head?: ReactNode;
  empty?: string;
  maxHeight?: number | string;
}

/** Finished output: coloured as the program meant it, copyable, and never interpreted as markup. */
export function Output({ text, label, head, empty = 'No output', maxHeight = 360 }: OutputProps) {
  return (
    <div className={classes.box}>
      <div className={classes.bar}>
        <span>{head ?? label}</span>
        {text ? <Copy text={text} what={label.toLowerCase()} /> : null}
      </div>
      {/* eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- a scrolling region must be reachable by keyboard */}
      <pre className={classes.text} style={{ maxHeight }} tabIndex={0} role="region" aria-label={label}>
        {text ? text.split('\n').map((line, index) => <OutputLine key={index} line={line} />) : <span className={classes.empty}>{empty}</span>}
      </pre>
    </div>
  );
}

export const OutputLine = memo(function OutputLine({ line }: { line: string }) {
  return (
    <>
      {parseAnsi(line).map((span, index) => (
        <span
          key={index}
          className={`${span.color === null ? '' : (classes[`c${span.color}`] ?? '')} ${span.bold ? (classes.bold ?? '') : ''}`}
        >
          {span.text}
        </span>
      ))}
      {'\n'}
    </>
  );
});

export { classes as outputClasses };
