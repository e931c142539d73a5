import { describe, expect, it } from 'vitest';
import { parseAnsi } from './ansi';
import { bytes, duration, executionTime, shortAge } from './format';

const plain = (text: string) => ({ text, color: null, bold: false });

describe('parseAnsi', () => {
  it('reads colours and weight', () => {
    expect(parseAnsi('a \u001b[1;31mred\u001b[0m b')).toEqual([plain('a '), { text: 'red', color: 1, bold: true }, plain(' b')]);
    expect(parseAnsi('\u001b[92mx\u001b[39my')).toEqual([{ text: 'x', color: 10, bold: false }, plain('y')]);
    expect(parseAnsi('\u001b[38;5;3mx\u001b[38;2;1;2;3my\u001b[mz')).toEqual([
      { text: 'x', color: 3, bold: false },
      { text: 'y', color: 3, bold: false },
      plain('z'),
    ]);
  });

  it('drops cursor moves, titles and half sequences of other kinds', () => {
    expect(parseAnsi('\u001b]0;title\u0007a\u001b[2K\u001b[?25lb\u001bMc')).toEqual([plain('a'), plain('b'), plain('c')]);
  });

  it('keeps what a progress bar wrote last', () => {
    expect(parseAnsi('10%\r50%\r100%\r')).toEqual([plain('100%')]);
    expect(parseAnsi('\u001b[32m10%\u001b[0m\rdone')).toEqual([plain('done')]);
  });

  it('never makes markup', () => {
    expect(parseAnsi('<img src=x onerror=alert(1)>')).toEqual([plain('<img src=x onerror=alert(1)>')]);
  });
});

describe('format', () => {
  const now = new Date('2026-01-10T00:00:00Z');
  it.each([
    ['2026-01-09T23:59:30Z', 'now'],
    ['2026-01-09T23:56:00Z', '4 min'],
    ['2026-01-09T20:00:00Z', '4 h'],
    ['2026-01-08T20:00:00Z', '28 h'],
    ['2026-01-01T00:00:00Z', '9 d'],
    ['2026-01-11T00:00:00Z', 'now'],
  ])('ages %s', (then, text) => expect(shortAge(new Date(then), now)).toBe(text));

  it('says spans in two units', () => {
    expect(duration(0)).toBe('0 s');
    expect(duration(3600 * 26 + 59)).toBe('1 d 2 h');
    expect(duration(3600)).toBe('1 h');
    expect(duration(61)).toBe('1 min 1 s');
  });

  it('says sizes and times', () => {
    expect(bytes(512)).toBe('512 B');
    expect(bytes(1536)).toBe('1.5 KB');
    expect(bytes(250 * 1024 ** 2)).toBe('250 MB');
    expect(executionTime('0.4210')).toBe('421 ms');
    expect(executionTime(12.34)).toBe('12.3 s');
    expect(executionTime('soon')).toBeNull();
  });
});
