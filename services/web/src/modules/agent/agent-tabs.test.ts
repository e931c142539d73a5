import { expect, it } from 'vitest';
import { agentView } from './agent-tabs';

it('names the part of an agent that an address shows', () => {
  expect(agentView('/agents/abc/checks')).toBe('Checks');
  expect(agentView('/agents/abc/checks/12/edit')).toBe('Checks');
  expect(agentView('/agents/abc/script')).toBe('Run script');
  expect(agentView('/agents/abc/')).toBeUndefined();
  expect(agentView('/agents/abc')).toBeUndefined();
});
