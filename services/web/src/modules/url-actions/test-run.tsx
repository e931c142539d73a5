import { Alert, Button, Group, Select, Stack, Text } from '@mantine/core';
import { IconExternalLink, IconPlayerPlay } from '@tabler/icons-react';
import { useMutation } from '@tanstack/react-query';
import { useState } from 'react';
import type { UrlActionInput } from '@/api/admin-types';
import { useApi } from '@/api/context';
import { messageOf } from '@/api/errors';
import { urlActionCalls } from '@/api/queries/core';
import { Copy } from '@/components/copy';
import { Output } from '@/components/output';
import { Panel } from '@/components/page';
import { SubjectPicker, type Subject } from './subject-picker';
import { orEmptyObject } from './json';

interface TestRunProps {
  draft: UrlActionInput;
  /** The stored action, whose address can be had without calling it. */
  savedId: number | undefined;
  unsaved: boolean;
}

const kinds = [
  { value: 'none', label: 'Nothing in particular' },
  { value: 'agent', label: 'An agent' },
  { value: 'site', label: 'A site' },
  { value: 'client', label: 'A client' },
] as const;

/** Tries an action: a web hook is really called, of a link only the address is made. */
export function TestRun({ draft, savedId, unsaved }: TestRunProps) {
  const api = useApi();
  const hook = draft.action_type === 'rest';
  const [kind, setKind] = useState<Subject['kind']>(hook ? 'none' : 'agent');
  const [id, setId] = useState<string | null>(null);
  const run = useMutation({
    mutationFn: async () => {
      if (hook) {
        return urlActionCalls.test(api, {
          pattern: draft.pattern, rest_method: draft.rest_method, rest_body: orEmptyObject(draft.rest_body), rest_headers: orEmptyObject(draft.rest_headers),
          run_instance_type: kind, run_instance_id: kind === 'none' ? null : id,
        }); // prettier-ignore
      }
      const of = kind === 'agent' ? { agent_id: id ?? '' } : kind === 'site' ? { site: Number(id) } : { client: Number(id) };
      return { url: await urlActionCalls.resolve(api, savedId ?? 0, of), result: null, body: null };
    },
  });
  if (!hook && savedId === undefined) return null;
  const ready = draft.pattern.trim() !== '' && (kind === 'none' ? hook : id !== null) && (hook || !unsaved);
  return (
    <Panel title="Try it">
      <Stack>
        <Text size="sm" c="dimmed">
          {hook ? 'The server makes this request for real, with what is typed above. Private addresses are refused unless the installation allows them.' : 'Makes the address for the chosen subject. Nothing is opened.'}
        </Text>
        <Group align="end" gap="xs">
          <Select
            label="For"
            w={200}
            data={kinds.filter((each) => hook || each.value !== 'none').map((each) => ({ ...each }))}
            value={kind}
            onChange={(next) => {
              setKind(next ?? kind);
              setId(null);
            }}
          />
          {kind === 'none' ? null : <SubjectPicker kind={kind} value={id} onChange={setId} />}
          <Button variant="default" leftSection={<IconPlayerPlay size={16} />} disabled={!ready} loading={run.isPending} onClick={() => run.mutate()}>
            {hook ? 'Send the request' : 'Make the address'}
          </Button>
        </Group>
        {!hook && unsaved ? (
          <Text size="sm" c="dimmed">
            Save first: the address is made from what is saved.
          </Text>
        ) : null}
        {run.isError ? (
          <Alert color="red" role="alert">
            {messageOf(run.error)}
          </Alert>
        ) : null}
        {run.data ? (
          <Stack gap="sm">
            <Group gap="xs" wrap="nowrap">
              <span className="mono" style={{ overflowWrap: 'anywhere' }} data-resolved-url>
                {run.data.url}
              </span>
              <Copy text={run.data.url} what="address" />
              {hook || !/^https?:\/\//i.test(run.data.url) ? null : (
                <Button component="a" href={run.data.url} target="_blank" rel="noopener noreferrer" size="compact-sm" variant="subtle" rightSection={<IconExternalLink size={14} />}>
                  Open
                </Button>
              )}
            </Group>
            {run.data.body ? <Output label="What was sent" text={run.data.body} /> : null}
            {run.data.result === null ? null : <Output label="What came back" text={run.data.result} empty="An empty answer" />}
          </Stack>
        ) : null}
      </Stack>
    </Panel>
  );
}
