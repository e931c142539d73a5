/** A refusal or failure of the API, in one shape whatever body the server used. */
export class ApiError extends Error {
  readonly status: number;
  /** Messages by field, for forms. */
  readonly fields: Readonly<Record<string, string>>;
  /** Names the request in the server's logs. */
  readonly requestId: string | null;
  /** Stable code of a problem+json body. */
  readonly code: string | null;

  constructor(status: number, message: string, extra: Partial<Pick<ApiError, 'fields' | 'requestId' | 'code'>> = {}) {
    super(message);
    this.name = 'ApiError';
    this.status = status;
    this.fields = extra.fields ?? {};
    this.requestId = extra.requestId ?? null;
    this.code = extra.code ?? null;
  }

  /** True when nothing was answered at all: the server is unreachable. */
  get offline(): boolean {
    return this.status === 0;
  }
}

const fallback: Record<number, string> = {
  0: 'The server cannot be reached. Check the connection and try again.',
  403: 'You do not have permission to do this.',
  404: 'This no longer exists, or you may not see it.',
  429: 'Too many attempts. Wait a minute and try again.',
  502: 'The server behind this page does not answer.',
  503: 'The server is starting or one of its parts is away. Try again in a moment.',
  504: 'The server took too long to answer.',
};

/**
 * Reads an error reply. The server's own words are kept as given: a bare string, `detail`, `non_field_errors`, the first
 * message of a field, or `detail`/`title` of problem+json (rest-1.md §1.4).
 */
export function readError(status: number, body: unknown, requestId: string | null): ApiError {
  const general = fallback[status] ?? `The server answered with an error (${status}).`;
  if (typeof body === 'string' && body !== '' && !body.trimStart().startsWith('<')) {
    return new ApiError(status, body, { requestId });
  }
  if (typeof body !== 'object' || body === null) return new ApiError(status, general, { requestId });
  const object = body as Record<string, unknown>;
  const id = text(object.request_id) ?? requestId;
  const code = text(object.code);
  const fields = fieldMessages(object);
  const said =
    text(firstOf(object.non_field_errors)) ?? text(object.detail) ?? text(object.title) ?? firstField(fields) ?? general;
  return new ApiError(status, said, { fields, requestId: id, code });
}

/** What to tell the user about anything that was thrown. */
export function messageOf(error: unknown): string {
  if (error instanceof Error) return error.message;
  return 'Something went wrong.';
}

function fieldMessages(object: Record<string, unknown>): Record<string, string> {
  const found: Record<string, string> = {};
  const errors = object.errors;
  if (Array.isArray(errors)) {
    for (const item of errors as { location?: unknown; field?: unknown; message?: unknown }[]) {
      const name = text(item.field) ?? text(item.location)?.replace(/^body\./, '');
      const message = text(item.message);
      if (name && message) found[name] = message;
    }
  }
  for (const [name, value] of Object.entries(object)) {
    if (name === 'non_field_errors' || name === 'errors') continue;
    const message = firstMessage(value);
    if (message) found[name] = message;
  }
  return found;
}

/** The first message of a field: of its list, or of its first wrong item, `{"0": ["…"]}`, or part, `{"name": ["…"]}`. */
function firstMessage(value: unknown): string | null {
  if (Array.isArray(value)) return text(value[0]);
  if (typeof value !== 'object' || value === null) return null;
  const [part, inner] = Object.entries(value)[0] ?? [];
  const message = Array.isArray(inner) ? text((inner as unknown[])[0]) : null;
  return message && part !== undefined && /^\d+$/.test(part) ? `Item ${Number(part) + 1}: ${message}` : message;
}

function firstField(fields: Record<string, string>): string | null {
  const entry = Object.entries(fields)[0];
  return entry ? `${entry[0]}: ${entry[1]}` : null;
}

function firstOf(value: unknown): unknown {
  return Array.isArray(value) ? value[0] : null;
}

function text(value: unknown): string | null {
  return typeof value === 'string' && value !== '' ? value : null;
}
