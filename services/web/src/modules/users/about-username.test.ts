import { expect, it } from 'vitest';
import { ApiError } from '@/api/errors';
import { aboutUsername } from './about-username';

it.each([
  ['ERROR: User jonas already exists!', 'User jonas already exists!'],
  ["['Enter a valid username. This value may contain only letters.']", 'Enter a valid username. This value may contain only letters.'],
])('puts %s beside the username', (said, shown) => {
  const error = aboutUsername(new ApiError(400, said, { requestId: 'r1' }));
  expect(error).toMatchObject({ message: shown, fields: { username: shown }, requestId: 'r1' });
});

it('leaves every other refusal alone', () => {
  for (const error of [new ApiError(400, 'This password is too short.'), new ApiError(403, 'User x already exists'), new Error('User x already exists')]) {
    expect(aboutUsername(error)).toBe(error);
  }
  const named = new ApiError(400, 'email: Enter a valid email address.', { fields: { email: 'Enter a valid email address.' } });
  expect(aboutUsername(named)).toBe(named);
});
