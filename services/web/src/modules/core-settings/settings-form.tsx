import { Alert, Button, Group, Stack } from '@mantine/core';
import { IconMail, IconMessage, IconMoodEmpty } from '@tabler/icons-react';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import type { CoreSettings } from '@/api/admin-types';
import { useApi } from '@/api/context';
import { messageOf } from '@/api/errors';
import { policiesQuery } from '@/api/queries/admin';
import { settingsCalls, settingsKey } from '@/api/queries/core';
import { notifyDone, notifyFailed } from '@/components/notify';
import { Panel } from '@/components/page';
import { EmptyState } from '@/components/states';
import { useFirstWrong } from '@/components/use-first-wrong';
import { useUnsaved } from '@/components/unsaved';
import { useSave } from '@/components/use-save';
import { useCan } from '../account-rights';
import { changesOf, draftOf, fields, found, settingKeys, type SettingKey, type SettingsDraft } from './fields';
import { sections, sectionTitles, type Section } from './sections';
import { SettingField } from './setting-field';
import bar from '@/components/form.module.css';

interface SettingsFormProps {
  settings: CoreSettings;
  section: Section;
  /** When not empty, fields of every section that it finds. */
  query: string;
}

/** The global settings: one section, or what a search found. A change in one section is kept while another is shown. */
export function SettingsForm({ settings, section, query }: SettingsFormProps) {
  const api = useApi();
  const client = useQueryClient();
  const can = useCan();
  const edit = can('can_edit_core_settings');
  const policies = useQuery({ ...policiesQuery(api), enabled: can('can_list_automation_policies') }).data ?? [];
  const [base, setBase] = useState<SettingsDraft>(() => draftOf(settings));
  const [draft, setDraft] = useState<SettingsDraft>(base);
  const changes = changesOf(base, draft);
  const changed = Object.keys(changes) as SettingKey[];
  const guard = useUnsaved({ changed: changed.length > 0, what: 'the global settings' });
  const { busy, error, fields: refused, attempts, submit } = useSave(
    () => settingsCalls.edit(api, changes),
    async () => {
      setBase(draft);
      notifyDone('The settings were saved');
      await client.invalidateQueries({ queryKey: settingsKey });
    },
  );
  const shown = (query ? found(query, (name) => sectionTitles[name]) : settingKeys.filter((key) => fields[key].section === section)).filter((key) => fields[key].when?.(draft) ?? true);
  const blocks = sections.map((name) => ({ name, keys: shown.filter((key) => fields[key].section === name) })).filter((block) => block.keys.length > 0);
  const elsewhere = [...new Set(changed.filter((key) => !shown.includes(key)).map((key) => sectionTitles[fields[key].section]))];
  const form = useFirstWrong(attempts);
  return (
    <form
      ref={form}
      noValidate
      onSubmit={(event) => {
        event.preventDefault();
        void submit(changed.length > 0);
      }}
    >
      <Stack>
        {blocks.length === 0 ? (
          <EmptyState icon={<IconMoodEmpty size={22} />} title="No setting matches">
            Try another word.
          </EmptyState>
        ) : null}
        {blocks.map((block) => (
          <Panel key={block.name} title={sectionTitles[block.name]}>
            <Stack>
              {block.keys.map((key) => (
                <SettingField
                  key={key}
                  name={key}
                  draft={draft}
                  zones={settings.all_timezones}
                  policies={policies}
                  error={refused[key]}
                  disabled={!edit}
                  onChange={(value) => setDraft((present) => ({ ...present, [key]: value }))}
                />
              ))}
              {query ? null : <TestMessage section={block.name} unsaved={changed.length > 0} disabled={!edit} />}
            </Stack>
          </Panel>
        ))}
      </Stack>
      {edit ? (
        <div className={bar.bar} style={{ marginTop: 16 }} data-changed={changed.length > 0 ? true : undefined}>
          {error ? (
            <Alert color="red" role="alert" className={bar.refusal}>
              {refusal(error, refused)}
            </Alert>
          ) : null}
          <Button type="submit" loading={busy} disabled={changed.length === 0}>
            Save
          </Button>
          <Button variant="default" disabled={changed.length === 0} onClick={() => setDraft(base)}>
            Undo
          </Button>
          <span className={bar.note} role="status">
            {changed.length === 0 ? 'Everything is saved.' : `${changed.length === 1 ? 'One change is' : `${changed.length} changes are`} not saved${elsewhere.length > 0 ? `, also in ${elsewhere.join(', ')}` : ''}.`}
          </span>
        </div>
      ) : null}
      {guard.dialog}
    </form>
  );
}

/** What was refused, by the names that this page shows: the field may be in a section that is not in view. */
function refusal(error: unknown, refused: Readonly<Record<string, string>>): string {
  const named = settingKeys.filter((key) => refused[key] !== undefined).map((key) => `${sectionTitles[fields[key].section]} › ${fields[key].label}: ${refused[key] ?? ''}`);
  return named.length > 0 ? `Nothing was saved. ${named.join(' ')}` : messageOf(error);
}

/** Sends a message with what is saved, where a section is about messages. */
function TestMessage({ section, unsaved, disabled }: { section: Section; unsaved: boolean; disabled: boolean }) {
  const api = useApi();
  const [busy, setBusy] = useState(false);
  if (section !== 'email' && section !== 'sms') return null;
  const mail = section === 'email';
  const send = async () => {
    setBusy(true);
    try {
      notifyDone(await (mail ? settingsCalls.testEmail(api) : settingsCalls.testSms(api)));
    } catch (error) {
      notifyFailed(mail ? 'The test e-mail was not sent' : 'The test message was not sent', error);
    } finally {
      setBusy(false);
    }
  };
  return (
    <Group gap="sm">
      <Button variant="default" loading={busy} disabled={disabled || unsaved} leftSection={mail ? <IconMail size={16} /> : <IconMessage size={16} />} onClick={() => void send()}>
        {mail ? 'Send a test e-mail' : 'Send a test message'}
      </Button>
      <span className="muted">{unsaved ? 'Save first: the test uses what is saved.' : 'To the recipients above.'}</span>
    </Group>
  );
}
