import { SegmentedControl, Select, Stack, Switch, Text, TextInput, useMantineColorScheme } from '@mantine/core';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import type { DashInfo, Preferences } from '@/api/admin-types';
import { useApi } from '@/api/context';
import { urlActionsQuery } from '@/api/queries/core';
import { profileCalls, profileKeys } from '@/api/queries/profile';
import { useDraft } from '@/components/draft';
import { Form } from '@/components/form';
import { notifyDone } from '@/components/notify';
import { Panel } from '@/components/page';
import { useCan } from '../account-rights';

type Choices = Required<
  Pick<Preferences, 'agent_dblclick_action' | 'url_action' | 'default_agent_tbl_tab' | 'client_tree_sort' | 'clear_search_when_switching' | 'show_community_scripts' | 'date_format'>
>;

const doubleClicks = [
  { value: 'editagent', label: 'Open its settings' },
  { value: 'takecontrol', label: 'Take control' },
  { value: 'remotebg', label: 'Open the remote tools' },
  { value: 'urlaction', label: 'Open a URL action' },
];

function choicesOf(info: DashInfo): Choices {
  const { dbl_click_action, url_action, default_agent_tbl_tab, client_tree_sort, clear_search_when_switching, show_community_scripts, date_format } = info;
  return {
    agent_dblclick_action: dbl_click_action as Choices['agent_dblclick_action'], url_action, default_agent_tbl_tab: default_agent_tbl_tab as Choices['default_agent_tbl_tab'],
    client_tree_sort: client_tree_sort as Choices['client_tree_sort'], clear_search_when_switching, show_community_scripts, date_format,
  }; // prettier-ignore
}

/** The look of this browser, and the choices that the server keeps for every client of this user. */
export function PreferencesForm({ info }: { info: DashInfo }) {
  const api = useApi();
  const client = useQueryClient();
  const actions = useQuery({ ...urlActionsQuery(api), enabled: useCan()('can_run_urlactions') }).data ?? [];
  const { colorScheme, setColorScheme } = useMantineColorScheme();
  const { draft, set, changed, restart } = useDraft(choicesOf(info));
  const links = actions.filter((action) => action.action_type === 'web');
  return (
    <Stack>
      <Panel title="Appearance">
        <Stack gap="xs">
          <SegmentedControl
            aria-label="Appearance"
            style={{ alignSelf: 'start' }}
            data={[
              { value: 'light', label: 'Light' },
              { value: 'dark', label: 'Dark' },
              { value: 'auto', label: 'As the system' },
            ]}
            value={colorScheme}
            onChange={(scheme) => setColorScheme(scheme)}
          />
          <Text size="sm" c="dimmed">
            Kept in this browser, and in force at once.
          </Text>
        </Stack>
      </Panel>
      <Form
        what="your preferences"
        action="Save preferences"
        changed={changed}
        complete={draft.agent_dblclick_action !== 'urlaction' || draft.url_action !== null}
        save={() => profileCalls.choose(api, { ...draft, url_action: draft.agent_dblclick_action === 'urlaction' ? draft.url_action : null })}
        onSaved={async () => {
          restart(draft);
          notifyDone('Your preferences were saved');
          await client.invalidateQueries({ queryKey: profileKeys.choices });
        }}
      >
        {(fields, tried) => (
          <>
            <Panel title="Lists of clients and agents">
              <Stack maw={420}>
                <Select
                  label="Order of clients"
                  data={[
                    { value: 'alphafail', label: 'Those with failing checks first' },
                    { value: 'alpha', label: 'By name' },
                  ]}
                  value={draft.client_tree_sort}
                  error={fields.client_tree_sort}
                  onChange={(sort) => set('client_tree_sort', sort ?? draft.client_tree_sort)}
                />
                <Switch label="Clear the search when another client is chosen" checked={draft.clear_search_when_switching} onChange={(event) => set('clear_search_when_switching', event.currentTarget.checked)} />
              </Stack>
            </Panel>
            <Panel title="In other web clients">
              <Stack maw={420}>
                <Text size="sm" c="dimmed">
                  Kept for other web clients of this server that you sign in to. This app does not need them.
                </Text>
                <Select
                  label="First shown agents"
                  data={[
                    { value: 'mixed', label: 'All' },
                    { value: 'server', label: 'Servers' },
                    { value: 'workstation', label: 'Workstations' },
                  ]}
                  value={draft.default_agent_tbl_tab}
                  error={fields.default_agent_tbl_tab}
                  onChange={(tab) => set('default_agent_tbl_tab', tab ?? draft.default_agent_tbl_tab)}
                />
                <Select label="Double click on an agent" data={doubleClicks} value={draft.agent_dblclick_action} error={fields.agent_dblclick_action} onChange={(action) => set('agent_dblclick_action', (action ?? 'editagent') as Choices['agent_dblclick_action'])} />
                {draft.agent_dblclick_action === 'urlaction' ? (
                  <Select
                    label="URL action"
                    required
                    data={links.map((action) => ({ value: String(action.id), label: action.name }))}
                    value={draft.url_action === null ? null : String(draft.url_action)}
                    error={fields.url_action ?? (tried && draft.url_action === null ? 'Choose one.' : undefined)}
                    onChange={(id) => set('url_action', id ? Number(id) : null)}
                  />
                ) : null}
                <TextInput
                  label="Format of dates"
                  description={`Without one: ${info.default_date_format}`}
                  inputWrapperOrder={['label', 'input', 'description', 'error']}
                  maxLength={30}
                  value={draft.date_format ?? ''}
                  error={fields.date_format}
                  onChange={(event) => set('date_format', event.currentTarget.value || null)}
                />
                <Switch label="Show community scripts" checked={draft.show_community_scripts} onChange={(event) => set('show_community_scripts', event.currentTarget.checked)} />
              </Stack>
            </Panel>
          </>
        )}
      </Form>
    </Stack>
  );
}
