import { describe, expect, it } from 'vitest';
import type { Check, CheckResult } from '@/api/types';
import { checkTitle, limits, moreInfo, worstFirst } from './describe';
import { draftErrors, draftOf, newDraft, toInput } from './draft';

function check(part: Partial<Check>): Check {
  return {
    id: 1, check_type: 'cpuload', readable_desc: 'CPU Load Check - ', name: null, disk: null, ip: null, script: null, script_args: [], env_vars: [],
    timeout: null, warning_threshold: 70, error_threshold: 90, info_return_codes: [], warning_return_codes: [], success_return_codes: [],
    fails_b4_alert: 1, run_interval: 0, alert_severity: 'warning', policy: null, overridden_by_policy: false, check_result: {}, ...part,
  }; // prettier-ignore
}

function result(part: Partial<CheckResult>): CheckResult {
  return {
    id: 9, status: 'passing', alert_severity: 'warning', more_info: null, last_run: '2026-01-01T00:00:00Z', fail_count: 0, stdout: null, stderr: null,
    retcode: 0, execution_time: null, history: [], ...part,
  }; // prettier-ignore
}

describe('a draft', () => {
  it('knows the order of limits: disks count what is free', () => {
    expect(draftErrors({ ...newDraft('cpuload'), warning: 95, error: 90 }).warning).toMatch(/lower/);
    expect(draftErrors({ ...newDraft('diskspace', '/'), warning: 5, error: 10 }).warning).toMatch(/higher/);
    expect(draftErrors({ ...newDraft('memory'), warning: 0, error: 0 }).warning).toMatch(/at least one/);
    expect(draftErrors({ ...newDraft('memory'), warning: 0, error: 90 })).toEqual({});
  });

  it('asks for what its type needs', () => {
    expect(Object.keys(draftErrors(newDraft('ping')))).toEqual(['name', 'ip']);
    expect(Object.keys(draftErrors(newDraft('diskspace')))).toEqual(['disk']);
    expect(Object.keys(draftErrors({ ...newDraft('script'), env: ['NOVALUE'] }))).toEqual(['script', 'env']);
  });

  it('sends the fields of its type only', () => {
    expect(toInput({ ...newDraft('ping'), name: ' Gateway ', ip: ' 10.0.0.1 ' })).toEqual({
      check_type: 'ping', fails_b4_alert: 1, run_interval: 0, name: 'Gateway', ip: '10.0.0.1', alert_severity: 'warning',
    }); // prettier-ignore
    expect(toInput(newDraft('diskspace', '/var'))).toMatchObject({ disk: '/var', warning_threshold: 25, error_threshold: 10 });
  });

  it('comes back from a check unchanged', () => {
    const known = check({ check_type: 'script', script: 4, script_args: ['a'], timeout: 30, success_return_codes: [2], fails_b4_alert: 3, run_interval: 60 });
    const draft = draftOf(known);
    expect(draft).not.toBeNull();
    if (draft) expect(toInput(draft)).toMatchObject({ script: 4, script_args: ['a'], timeout: 30, success_return_codes: [2], fails_b4_alert: 3, run_interval: 60 });
    expect(draftOf(check({ check_type: 'winsvc' }))).toBeNull();
  });
});

describe('descriptions', () => {
  it('say what is watched and what was found', () => {
    expect(checkTitle(check({ check_type: 'diskspace', disk: '/var' }))).toBe('Disk space on /var');
    expect(checkTitle(check({ check_type: 'script', readable_desc: 'Script Check: Backup age' }))).toBe('Backup age');
    expect(limits(check({ check_type: 'diskspace', warning_threshold: 25, error_threshold: 10 }))).toBe('warning below 25 %, error below 10 % free');
    expect(moreInfo(check({}))).toBe('Has not run yet');
    expect(moreInfo(check({ check_type: 'script', check_result: result({ retcode: 3, stderr: 'no such file\nx' }) }))).toBe('Return code 3: no such file');
    const ping = 'PING 10.0.0.1\n64 bytes\n\n--- statistik ---\n3 Pakete gesendet, 3 empfangen, 0% verloren, Zeit 2003ms\nrtt min/avg = 0.1';
    expect(moreInfo(check({ check_type: 'ping', check_result: result({ more_info: ping }) }))).toContain('3 Pakete gesendet');
  });

  it('put the worst first', () => {
    const list = [
      check({ id: 1, check_result: result({}) }),
      check({ id: 2 }),
      check({ id: 3, check_result: result({ status: 'failing', alert_severity: 'warning' }) }),
      check({ id: 4, check_result: result({ status: 'failing', alert_severity: 'error' }) }),
    ];
    expect(worstFirst(list).map((each) => each.id)).toEqual([4, 3, 2, 1]);
  });
});
