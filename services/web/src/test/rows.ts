import type { AgentRow } from '@/api/types';

export function agentRow(part: Partial<AgentRow> = {}): AgentRow {
  return {
    id: 1,
    agent_id: 'abcdefghijklmnopqrstuvwxyz',
    hostname: 'web-1',
    client: { id: 1, name: 'Acme' },
    site: { id: 2, name: 'HQ' },
    monitoring_type: 'server',
    plat: 'linux',
    goarch: 'amd64',
    status: 'online',
    connected: true,
    last_seen: '2026-01-01T00:00:00Z',
    operating_system: 'Debian 12',
    version: '1.0.0',
    logged_in_username: null,
    public_ip: null,
    local_ips: null,
    description: null,
    needs_reboot: false,
    maintenance_mode: false,
    checks: { total: 2, passing: 2, failing: 0, warning: 0, info: 0, pending: 0 },
    boot_time: null,
    ...part,
  };
}
