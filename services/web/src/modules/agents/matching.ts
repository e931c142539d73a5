import type { AgentFilters } from '@/api/filters';
import type { AgentRow } from '@/api/types';

/**
 * Whether a row that changed by itself still belongs to what is shown. Free text is left to the server: it searches fields
 * the row does not have.
 */
export function stillMatches(row: AgentRow, filters: AgentFilters): boolean {
  if (filters.client !== undefined && row.client.id !== filters.client) return false;
  if (filters.site !== undefined && row.site.id !== filters.site) return false;
  if (filters.status && !filters.status.includes(row.status)) return false;
  if (filters.plat && !filters.plat.includes(row.plat)) return false;
  if (filters.monitoring_type && row.monitoring_type !== filters.monitoring_type) return false;
  if (filters.needs_reboot !== undefined && row.needs_reboot !== filters.needs_reboot) return false;
  if (filters.maintenance !== undefined && row.maintenance_mode !== filters.maintenance) return false;
  if (filters.health) {
    const { failing, warning } = row.checks;
    const isHealth = { failing: failing > 0, warning: warning > 0, passing: failing === 0 && warning === 0 };
    if (!filters.health.some((health) => isHealth[health])) return false;
  }
  return true;
}
