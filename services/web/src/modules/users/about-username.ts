import { ApiError } from '@/api/errors';

/**
 * Making a user is refused with a bare sentence (rest-1.md §1.7). Where it is about the username it belongs beside that field; any
 * other failure is handed back as it is.
 */
export function aboutUsername(cause: unknown): Error {
  const error = cause instanceof Error ? cause : new Error(String(cause));
  if (!(error instanceof ApiError) || error.status !== 400 || Object.keys(error.fields).length > 0) return error;
  if (!/user \S+ already exists|valid username/i.test(error.message)) return error;
  const said = error.message.replace(/^ERROR: /, '').replace(/^\['(.*)'\]$/, '$1');
  return new ApiError(error.status, said, { fields: { username: said }, requestId: error.requestId, code: error.code });
}
