import { describe, expect, it } from 'vitest';
import { readError } from './errors';

describe('readError', () => {
  it.each([
    ['a bare string', 400, 'Unable to contact the agent', 'Unable to contact the agent'],
    ['non_field_errors', 400, { non_field_errors: ['A cpuload check for this agent already exists'] }, 'A cpuload check for this agent already exists'],
    ['detail', 403, { detail: 'You do not have permission to perform this action.' }, 'You do not have permission to perform this action.'],
    ['the first field', 400, { name: ['This field is required.'] }, 'name: This field is required.'],
    ['problem+json', 404, { title: 'Not Found', status: 404, code: 'not_found' }, 'Not Found'],
    ['an HTML page', 500, '<h1>Server Error (500)</h1>', 'The server answered with an error (500).'],
    ['nothing', 0, null, 'The server cannot be reached. Check the connection and try again.'],
  ])('reads %s', (_what, status, body, message) => {
    expect(readError(status, body, null).message).toBe(message);
  });

  it('keeps every field for forms', () => {
    const error = readError(400, { disk: ['Not a valid string.'], name: ['This field is required.'] }, null);
    expect(error.fields).toEqual({ disk: 'Not a valid string.', name: 'This field is required.' });
  });

  it('names the request', () => {
    expect(readError(500, null, 'r-1').requestId).toBe('r-1');
    expect(readError(409, { detail: 'x', request_id: 'r-2', code: 'conflict' }, 'r-1')).toMatchObject({ requestId: 'r-2', code: 'conflict' });
  });
});
