import { describe, expect, it } from 'vitest';
import { changesOf, fields, found, settingKeys, type SettingsDraft } from './fields';
import { sections, sectionTitles, type Section } from './sections';

const title = (section: Section) => sectionTitles[section];
const draft = { smtp_port: 587, smtp_host: 'mail.example.com', email_alert_recipients: ['a@example.com'] } as SettingsDraft;

describe('the fields', () => {
  it('fill every section, and no label is used twice in one', () => {
    for (const section of sections) {
      const labels = settingKeys.filter((key) => fields[key].section === section).map((key) => fields[key].label);
      expect(labels.length, section).toBeGreaterThan(0);
      expect(new Set(labels).size, section).toBe(labels.length);
    }
  });
});

describe('found', () => {
  it('looks at labels, help, further words, the name in the interface and the section', () => {
    expect(found('smtp_port', title)).toEqual(['smtp_port']);
    expect(found('smtp', title)).toContain('smtp_host_password');
    expect(found('phone', title)).toEqual(['sms_alert_recipients']);
    expect(found(sectionTitles.retention, title)).toEqual(settingKeys.filter((key) => fields[key].section === 'retention'));
  });

  it('wants every word, in any order and case', () => {
    expect(found('LOG audit', title)).toEqual(['audit_log_prune_days']);
    expect(found('audit nonsense', title)).toEqual([]);
  });
});

describe('changesOf', () => {
  it('has only what differs, also inside of lists', () => {
    expect(changesOf(draft, { ...draft })).toEqual({});
    expect(changesOf(draft, { ...draft, smtp_port: 25, email_alert_recipients: ['a@example.com', 'b@example.com'] })).toEqual({
      smtp_port: 25,
      email_alert_recipients: ['a@example.com', 'b@example.com'],
    });
    expect(changesOf(draft, { ...draft, email_alert_recipients: ['a@example.com'] })).toEqual({});
  });
});
