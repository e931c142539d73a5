import { beforeEach, describe, expect, it, vi } from 'vitest';
import { ApiClient, queryText } from './client';
import { SessionStore } from './session';

function reply(status: number, body: unknown, headers: Record<string, string> = {}): Response {
  return new Response(body === null ? null : JSON.stringify(body), { status, headers: { 'content-type': 'application/json', ...headers } });
}

describe('ApiClient', () => {
  const fetched = vi.fn<typeof fetch>();
  const expired = vi.fn();
  let sessions: SessionStore;
  let api: ApiClient;

  beforeEach(() => {
    fetched.mockReset();
    expired.mockReset();
    vi.stubGlobal('fetch', fetched);
    window.sessionStorage.clear();
    sessions = new SessionStore(window.sessionStorage, null);
    api = new ApiClient('https://api.example.com', sessions, expired);
  });

  it('sends the session and reads bare strings', async () => {
    sessions.begin({ token: 'abc', username: 'a' });
    fetched.mockResolvedValue(reply(200, 'ok'));
    await expect(api.post<string>('/agents/x/reboot/')).resolves.toBe('ok');
    const [address, request] = fetched.mock.calls[0] ?? [];
    expect(address).toBe('https://api.example.com/agents/x/reboot/');
    expect(new Headers(request?.headers).get('Authorization')).toBe('Token abc');
    expect(request?.body).toBe('{}');
  });

  it('ends the session on 401, but not for a call that ran under another one', async () => {
    sessions.begin({ token: 'abc', username: 'a' });
    fetched.mockImplementation(() => Promise.resolve(reply(401, { detail: 'Invalid token.' })));
    await expect(api.get('/v1/tree')).rejects.toMatchObject({ status: 401, message: 'Invalid token.' });
    expect(expired).toHaveBeenCalledOnce();
    await expect(api.post('/accounts/users/setup_totp/', {}, { token: 'short' })).rejects.toMatchObject({ status: 401 });
    expect(expired).toHaveBeenCalledOnce();
  });

  it('says that the server is unreachable', async () => {
    fetched.mockRejectedValue(new TypeError('Failed to fetch'));
    await expect(api.get('/v1/tree')).rejects.toMatchObject({ status: 0, offline: true });
  });

  it('keeps the request id of a failure', async () => {
    fetched.mockResolvedValue(reply(500, null, { 'x-request-id': 'r-9' }));
    await expect(api.get('/v1/tree')).rejects.toMatchObject({ status: 500, requestId: 'r-9' });
  });

  it('accepts an empty answer', async () => {
    fetched.mockResolvedValue(new Response(null, { status: 204 }));
    await expect(api.post('/logout/')).resolves.toBeNull();
  });
});

describe('queryText', () => {
  it('leaves out what is not set', () => {
    expect(queryText({ a: 1, b: null, c: undefined, d: '', e: false, f: 'x y' })).toBe('?a=1&e=false&f=x+y');
    expect(queryText({})).toBe('');
  });
});
