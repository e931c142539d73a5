import {
  IconAlertTriangle, IconBrandApple, IconBrandWindows, IconCircleCheck, IconCircleDashed, IconCircleFilled,
  IconCircleX, IconClockExclamation, IconInfoCircle, IconMoon, IconTool,
} from '@tabler/icons-react'; // prettier-ignore
import { Badge, type Tone } from '@/components/badge';
import { count } from '@/components/format';
import type { AgentStatus, CheckCounts, CheckResult, Plat } from '@/api/types';

const statusLook: Record<AgentStatus, { tone: Tone; word: string }> = {
  online: { tone: 'ok', word: 'Online' },
  offline: { tone: 'off', word: 'Offline' },
  overdue: { tone: 'warn', word: 'Overdue' },
};

export function statusWord(status: AgentStatus): string {
  return statusLook[status].word;
}

export function StatusBadge({ status, pill = false }: { status: AgentStatus; pill?: boolean }) {
  const { tone, word } = statusLook[status];
  return (
    <Badge tone={tone} pill={pill} icon={<StatusIcon status={status} />}>
      {word}
    </Badge>
  );
}

export function StatusIcon({ status }: { status: AgentStatus }) {
  if (status === 'online') return <IconCircleFilled size={11} aria-hidden />;
  if (status === 'overdue') return <IconClockExclamation size={14} aria-hidden />;
  return <IconCircleDashed size={13} aria-hidden />;
}

/** The worst first, then the rest in words: `2 failing · 1 warning`. */
export function ChecksSummary({ checks, compact = false }: { checks: CheckCounts; compact?: boolean }) {
  if (checks.total === 0) return <span className="muted">{compact ? '–' : 'No checks'}</span>;
  if (checks.failing > 0) {
    return (
      <Badge tone="bad" pill icon={<IconCircleX size={14} aria-hidden />} title={checksTitle(checks)}>
        {count(checks.failing)} failing
      </Badge>
    );
  }
  if (checks.warning > 0) {
    return (
      <Badge tone="warn" pill icon={<IconAlertTriangle size={14} aria-hidden />} title={checksTitle(checks)}>
        {count(checks.warning)} warning
      </Badge>
    );
  }
  if (checks.info > 0) {
    return (
      <Badge tone="info" pill icon={<IconInfoCircle size={14} aria-hidden />} title={checksTitle(checks)}>
        {count(checks.info)} info
      </Badge>
    );
  }
  return (
    <Badge tone="ok" icon={<IconCircleCheck size={15} aria-hidden />} title={checksTitle(checks)}>
      {count(checks.passing)} passing
    </Badge>
  );
}

export function checksTitle(checks: CheckCounts): string {
  return `${checks.failing} failing, ${checks.warning} warning, ${checks.info} info, ${checks.passing} passing, ${checks.total} in all`;
}

export function CheckStatus({ result }: { result: CheckResult | null }) {
  if (!result || result.status === 'pending') {
    return (
      <Badge tone="off" pill icon={<IconCircleDashed size={14} aria-hidden />}>
        Waiting
      </Badge>
    );
  }
  if (result.status === 'passing') {
    return (
      <Badge tone="ok" pill icon={<IconCircleCheck size={14} aria-hidden />}>
        Passing
      </Badge>
    );
  }
  if (result.alert_severity === 'info') {
    return (
      <Badge tone="info" pill icon={<IconInfoCircle size={14} aria-hidden />}>
        Info
      </Badge>
    );
  }
  if (result.alert_severity === 'warning') {
    return (
      <Badge tone="warn" pill icon={<IconAlertTriangle size={14} aria-hidden />}>
        Warning
      </Badge>
    );
  }
  return (
    <Badge tone="bad" pill icon={<IconCircleX size={14} aria-hidden />}>
      Failing
    </Badge>
  );
}

export function MaintenanceBadge() {
  return (
    <Badge tone="info" pill icon={<IconMoon size={13} aria-hidden />} title="Alerts are off while this machine is in maintenance">
      Maintenance
    </Badge>
  );
}

export function RebootBadge() {
  return (
    <Badge tone="warn" pill icon={<IconTool size={13} aria-hidden />} title="The operating system asks for a restart">
      Reboot needed
    </Badge>
  );
}

export const platNames: Record<Plat, string> = { windows: 'Windows', linux: 'Linux', darwin: 'macOS' };

export function PlatIcon({ plat, size = 16 }: { plat: Plat; size?: number }) {
  const props = { size, role: 'img', 'aria-label': platNames[plat] } as const;
  if (plat === 'windows') return <IconBrandWindows {...props} />;
  if (plat === 'darwin') return <IconBrandApple {...props} />;
  return (
    <svg {...props} width={size} height={size} viewBox="0 0 24 24" fill="none" stroke="currentColor" strokeWidth={2} strokeLinecap="round" strokeLinejoin="round">
      <path d="M8.5 8.5C8.5 5 9.5 3 12 3s3.5 2 3.5 5.500c0 2.500 3 5 3 8.500 0 1-.3 2-.8 2.700M5.500 17c0-3.500 3-6 3-8.500M6.300 19.700C5.800 19 5.500 18 5.500 17" />
      <path d="M10.500 8v.01M13.500 8v.01M10.500 10.800l1.500 1 1.500-1M4.500 20.500h5l-2.200-4zM19.500 20.500h-5l2.200-4zM9.500 20.500c1.600.7 3.400.7 5 0" />
    </svg>
  );
}
