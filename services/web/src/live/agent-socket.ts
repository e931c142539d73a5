/** Addresses of the sockets to one agent. The token has to be the last parameter (agent-protocol.md §7). */
export function commandAddress(wsBase: string, agentId: string, token: string): string {
  return `${wsBase}/ws/agent/${encodeURIComponent(agentId)}/cmd/?access_token=${token}`;
}

export function terminalAddress(wsBase: string, agentId: string, session: string, token: string): string {
  return `${wsBase}/ws/agent/${encodeURIComponent(agentId)}/terminal/${session}/?access_token=${token}`;
}

/** A random UUID; `crypto.randomUUID` does not exist on pages served without TLS. */
export function uuid(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x40;
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80;
  const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}
