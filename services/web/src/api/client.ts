import { ApiError, readError } from './errors';
import type { SessionStore } from './session';

type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';

export type Query = Record<string, string | number | boolean | null | undefined>;

export interface CallOptions {
  query?: Query;
  body?: unknown;
  signal?: AbortSignal;
  /** Milliseconds; commands that wait for an endpoint need more than the default. */
  timeout?: number;
  /** Use this token instead of the session's (first sign-in, before a session exists). */
  token?: string;
  /** Media types of the answer; JSON by default. */
  accept?: string;
}

/** An ordinary call answers within this, milliseconds. */
const defaultTimeout = 30_000;
/** An export of a large log is made while it is sent, milliseconds. */
const fileTimeout = 15 * 60_000;

/** Speaks to the REST API: one place for the token, time-outs, error bodies and the end of a session. */
export class ApiClient {
  private readonly base: string;
  private readonly sessions: SessionStore;
  private readonly onExpired: () => void;

  constructor(base: string, sessions: SessionStore, onExpired: () => void) {
    this.base = base;
    this.sessions = sessions;
    this.onExpired = onExpired;
  }

  get<T>(path: string, options?: CallOptions): Promise<T> {
    return this.call<T>('GET', path, options);
  }

  post<T>(path: string, body?: unknown, options?: CallOptions): Promise<T> {
    return this.call<T>('POST', path, { ...options, body: body ?? {} });
  }

  put<T>(path: string, body: unknown, options?: CallOptions): Promise<T> {
    return this.call<T>('PUT', path, { ...options, body });
  }

  patch<T>(path: string, body: unknown, options?: CallOptions): Promise<T> {
    return this.call<T>('PATCH', path, { ...options, body });
  }

  delete<T>(path: string, options?: CallOptions): Promise<T> {
    return this.call<T>('DELETE', path, options);
  }

  /** A file, such as a CSV export, with the name that the server gives it. */
  async file(path: string, query?: Query): Promise<{ name: string; data: Blob }> {
    const reply = await this.send('GET', path, { query, timeout: fileTimeout, accept: 'text/csv, application/json' });
    const name = /filename="?([^";]+)/.exec(reply.headers.get('content-disposition') ?? '')?.[1] ?? 'export';
    return { name, data: await reply.blob() };
  }

  private async call<T>(method: Method, path: string, options?: CallOptions): Promise<T> {
    return (await readBody(await this.send(method, path, options))) as T;
  }

  /** Sends a request and hands over its answer; a refusal is thrown. */
  private async send(method: Method, path: string, options: CallOptions = {}): Promise<Response> {
    const session = this.sessions.get();
    const token = options.token ?? session?.token;
    const headers: Record<string, string> = { Accept: options.accept ?? 'application/json' };
    if (token) headers.Authorization = `Token ${token}`;
    if (options.body !== undefined) headers['Content-Type'] = 'application/json';
    const deadline = AbortSignal.timeout(options.timeout ?? defaultTimeout);
    const signal = options.signal ? AbortSignal.any([options.signal, deadline]) : deadline;

    let reply: Response;
    try {
      reply = await fetch(this.base + path + queryText(options.query), {
        method,
        headers,
        signal,
        body: options.body === undefined ? null : JSON.stringify(options.body),
      });
    } catch (cause) {
      if (options.signal?.aborted) throw cause;
      if (deadline.aborted) throw new ApiError(0, 'The server took too long to answer.');
      throw readError(0, null, null);
    }
    if (reply.ok) return reply;
    const body = await readBody(reply);
    // A token that was given up or replaced while the call ran says nothing about the present session.
    if (reply.status === 401 && session && !options.token && this.sessions.get()?.token === session.token) this.onExpired();
    throw readError(reply.status, body, reply.headers.get('x-request-id'));
  }
}

async function readBody(reply: Response): Promise<unknown> {
  const text = await reply.text();
  if (text === '') return null;
  if (!(reply.headers.get('content-type') ?? '').includes('json')) return text;
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return text;
  }
}

/** `?a=1&b=x`, leaving out what is null, undefined or empty. */
export function queryText(query: Query | undefined): string {
  const params = new URLSearchParams();
  for (const [name, value] of Object.entries(query ?? {})) {
    if (value === null || value === undefined || value === '') continue;
    params.set(name, String(value));
  }
  const text = params.toString();
  return text === '' ? '' : `?${text}`;
}
