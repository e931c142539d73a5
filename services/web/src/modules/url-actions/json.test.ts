import { expect, test } from 'vitest';
import { jsonProblem, orEmptyObject } from './json';

test('JSON with placeholders in its texts has no problem', () => {
  expect(jsonProblem('{"text":"{{agent.hostname}}"}')).toBeNull();
  expect(jsonProblem('  ')).toBeNull();
});

test('what is no JSON is said with the reason', () => {
  expect(jsonProblem('{"a":}')).toMatch(/^This is no JSON: ./);
  expect(jsonProblem('{{global.body}}')).toMatch(/^This is no JSON/);
});

test('an empty text is sent as an empty object', () => {
  expect(orEmptyObject(null)).toBe('{}');
  expect(orEmptyObject(' \n')).toBe('{}');
  expect(orEmptyObject('{"a":1}')).toBe('{"a":1}');
});
