import type { CheckInput } from '@/api/queries/checks';
import type { Check, CheckType, Severity } from '@/api/types';

/** The types this form makes; the others belong to Windows. */
export const formTypes = ['cpuload', 'memory', 'diskspace', 'ping', 'script'] as const satisfies readonly CheckType[];
export type FormType = (typeof formTypes)[number];

/** What is being typed. Every field exists whatever the type; `toInput` sends those that belong. */
export interface CheckDraft {
  type: FormType;
  warning: number;
  error: number;
  disk: string;
  name: string;
  ip: string;
  severity: Severity;
  script: number | null;
  args: string[];
  env: string[];
  timeout: number;
  infoCodes: number[];
  warningCodes: number[];
  successCodes: number[];
  failures: number;
  interval: number;
}

const thresholds: Partial<Record<FormType, { warning: number; error: number }>> = {
  cpuload: { warning: 70, error: 90 },
  memory: { warning: 70, error: 85 },
  diskspace: { warning: 25, error: 10 },
};

export function newDraft(type: FormType, disk = ''): CheckDraft {
  const { warning, error } = thresholds[type] ?? { warning: 0, error: 0 };
  return {
    type, warning, error, disk, name: '', ip: '', severity: 'warning', script: null, args: [], env: [], timeout: 90,
    infoCodes: [], warningCodes: [], successCodes: [], failures: 1, interval: 0,
  }; // prettier-ignore
}

export function draftOf(check: Check): CheckDraft | null {
  const type = formTypes.find((each) => each === check.check_type);
  if (!type) return null;
  return {
    ...newDraft(type, check.disk ?? ''),
    warning: check.warning_threshold ?? 0,
    error: check.error_threshold ?? 0,
    name: check.name ?? '',
    ip: check.ip ?? '',
    severity: check.alert_severity ?? 'warning',
    script: check.script,
    args: check.script_args ?? [],
    env: check.env_vars ?? [],
    timeout: check.timeout ?? 90,
    infoCodes: check.info_return_codes ?? [],
    warningCodes: check.warning_return_codes ?? [],
    successCodes: check.success_return_codes ?? [],
    failures: check.fails_b4_alert,
    interval: check.run_interval,
  };
}

export function hasThresholds(type: FormType): boolean {
  return thresholds[type] !== undefined;
}

export type DraftErrors = Partial<Record<keyof CheckDraft, string>>;

/** The rules of rest-2.md §3.4, so that most mistakes are seen while typing; the server has the last word. */
export function draftErrors(draft: CheckDraft): DraftErrors {
  const errors: DraftErrors = {};
  if (hasThresholds(draft.type)) {
    const below = draft.type === 'diskspace';
    if (draft.warning === 0 && draft.error === 0) errors.warning = 'Set at least one of the two limits.';
    else if (draft.warning > 0 && draft.error > 0) {
      if (below && draft.warning < draft.error) errors.warning = 'The warning must come before the error: choose a higher percentage.';
      if (!below && draft.warning > draft.error) errors.warning = 'The warning must come before the error: choose a lower percentage.';
    }
  }
  if (draft.type === 'diskspace' && draft.disk === '') errors.disk = 'Choose a disk.';
  if (draft.type === 'ping') {
    if (draft.name.trim() === '') errors.name = 'Give it a name.';
    if (draft.ip.trim() === '') errors.ip = 'Enter an IP address or a full domain name.';
  }
  if (draft.type === 'script') {
    if (draft.script === null) errors.script = 'Choose a script.';
    if (draft.env.some((item) => !/^[^=\s]+=/.test(item))) errors.env = 'Each variable looks like NAME=value.';
  }
  return errors;
}

export function toInput(draft: CheckDraft): CheckInput {
  const common: CheckInput = { check_type: draft.type, fails_b4_alert: draft.failures, run_interval: draft.interval };
  const limits: CheckInput = { warning_threshold: draft.warning, error_threshold: draft.error };
  switch (draft.type) {
    case 'cpuload':
    case 'memory':
      return { ...common, ...limits };
    case 'diskspace':
      return { ...common, ...limits, disk: draft.disk };
    case 'ping':
      return { ...common, name: draft.name.trim(), ip: draft.ip.trim(), alert_severity: draft.severity };
    case 'script':
      return {
        ...common,
        script: draft.script,
        script_args: draft.args,
        env_vars: draft.env,
        timeout: draft.timeout,
        info_return_codes: draft.infoCodes,
        warning_return_codes: draft.warningCodes,
        success_return_codes: draft.successCodes,
      };
  }
}
