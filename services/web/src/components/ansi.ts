/** A stretch of terminal text with one look. */
export interface AnsiSpan {
  text: string;
  /** 0-7 normal, 8-15 bright; null is the default colour. */
  color: number | null;
  bold: boolean;
}

interface Look {
  color: number | null;
  bold: boolean;
}

const plain: Look = { color: null, bold: false };

/* eslint-disable-next-line no-control-regex -- escape sequences are what is looked for */
const sequence = /\u001b(?:\[([0-9;?]*)([@-~])|\][^\u0007\u001b]*(?:\u0007|\u001b\\)|[@-Z\\-_])/g;

/**
 * Splits text at its colour sequences. Other sequences (cursor moves, titles) are dropped: this is for reading output, not
 * a terminal. A carriage return inside a line keeps only what was written last, as a progress bar means it.
 */
export function parseAnsi(line: string): AnsiSpan[] {
  const spans: AnsiSpan[] = [];
  let look = plain;
  let from = 0;
  for (const match of line.matchAll(sequence)) {
    push(spans, line.slice(from, match.index), look);
    from = match.index + match[0].length;
    if (match[2] === 'm') look = applySgr(look, match[1] ?? '');
  }
  push(spans, line.slice(from), look);
  return spans;
}

function push(spans: AnsiSpan[], text: string, look: Look): void {
  const cut = text.replace(/\r$/, '').lastIndexOf('\r');
  if (cut >= 0) spans.length = 0;
  const rest = cut >= 0 ? text.slice(cut + 1) : text;
  const clean = rest.replace(/\r$/, '');
  if (clean !== '') spans.push({ text: clean, ...look });
}

function applySgr(look: Look, parameters: string): Look {
  let { color, bold } = look;
  const codes = parameters === '' ? [0] : parameters.split(';').map(Number);
  for (let index = 0; index < codes.length; index += 1) {
    const code = codes[index] ?? 0;
    if (code === 0) ({ color, bold } = plain);
    else if (code === 1) bold = true;
    else if (code === 22) bold = false;
    else if (code >= 30 && code <= 37) color = code - 30;
    else if (code >= 90 && code <= 97) color = code - 82;
    else if (code === 39) color = null;
    else if (code === 38 || code === 48) {
      const indexed = codes[index + 1] === 5;
      if (indexed && code === 38) color = (codes[index + 2] ?? 16) < 16 ? (codes[index + 2] ?? null) : null;
      index += indexed ? 2 : 4;
    }
  }
  return { color, bold };
}
