/** Frames of `/v1/ws`. */

export type Topic = { topic: 'agents' } | { topic: 'agent'; agent_id: string } | { topic: 'enrolment'; id: string };

export type LiveEventName = 'row' | 'presence' | 'checks' | 'removed' | 'enrolled' | 'result' | 'resync';

export interface LiveEvent {
  topic?: string;
  event: LiveEventName;
  agent_id?: string;
  data?: Record<string, unknown>;
}

const names: readonly string[] = ['row', 'presence', 'checks', 'removed', 'enrolled', 'result', 'resync'];

/** Reads one frame; null for what this version does not know. */
export function parseFrame(text: unknown): LiveEvent | null {
  if (typeof text !== 'string') return null;
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return null;
  }
  if (typeof value !== 'object' || value === null) return null;
  const frame = value as Record<string, unknown>;
  const event = frame.event;
  if (typeof event !== 'string' || !names.includes(event)) return null;
  const data = frame.data;
  const agentId = frame.agent_id;
  return {
    event: event as LiveEventName,
    ...(typeof frame.topic === 'string' ? { topic: frame.topic } : {}),
    ...(typeof agentId === 'string' ? { agent_id: agentId } : {}),
    ...(typeof data === 'object' && data !== null ? { data: data as Record<string, unknown> } : {}),
  };
}

export function topicKey(topic: Topic): string {
  return JSON.stringify(topic, Object.keys(topic).sort());
}
