/** Where the API and the WebSockets are; empty means the origin that served this page. */
export interface RuntimeEnv {
  apiBase: string;
  wsBase: string;
}

const sameOrigin: RuntimeEnv = { apiBase: '', wsBase: '' };

/** Reads the runtime configuration. A page that cannot read it runs against its own origin. */
export async function loadEnv(): Promise<RuntimeEnv> {
  try {
    const reply = await fetch('/app/env.json', { cache: 'no-cache', headers: { Accept: 'application/json' } });
    if (!reply.ok || !(reply.headers.get('content-type') ?? '').includes('json')) return sameOrigin;
    const body = (await reply.json()) as Partial<RuntimeEnv>;
    return { apiBase: trimSlash(body.apiBase ?? ''), wsBase: trimSlash(body.wsBase ?? '') };
  } catch {
    return sameOrigin;
  }
}

/** The base of WebSocket addresses: as configured, else the API's or the page's own origin with the ws scheme. */
export function webSocketBase(env: RuntimeEnv, origin: string): string {
  const base = env.wsBase || env.apiBase || origin;
  return base.replace(/^http/, 'ws');
}

function trimSlash(text: string): string {
  return text.replace(/\/+$/, '');
}
