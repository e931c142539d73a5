import { Alert, Button, Group, NumberInput, SegmentedControl, Select, SimpleGrid, Stack, TagsInput, Text, TextInput } from '@mantine/core';
import { useMediaQuery } from '@mantine/hooks';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState, type ReactNode } from 'react';
import { useApi } from '@/api/context';
import { messageOf } from '@/api/errors';
import { agentDetailQuery } from '@/api/queries/agents';
import { checkCalls, checkKeys } from '@/api/queries/checks';
import { runsOn, scriptsQuery } from '@/api/queries/scripts';
import type { Severity } from '@/api/types';
import { notifyDone } from '@/components/notify';
import { Panel } from '@/components/page';
import { useUnsaved } from '@/components/unsaved';
import { useFirstWrong } from '@/components/use-first-wrong';
import { typeNames } from './describe';
import { draftErrors, formTypes, hasThresholds, newDraft, toInput, type CheckDraft, type FormType } from './draft';

interface CheckFormProps {
  agentId: string;
  initial: CheckDraft;
  /** The check being edited; its type and disk are fixed. */
  checkId?: number;
  onDone: () => void;
  onType?: (type: FormType) => void;
}

const explain: Record<FormType, string> = {
  cpuload: 'Mean of the last 15 measured loads of all processors.',
  memory: 'Mean of the last 15 measured shares of memory in use.',
  diskspace: 'Free space of one disk.',
  ping: 'Whether another host answers the machine.',
  script: 'Runs a script of the library and judges its return code: 0 passes, anything else fails unless you say otherwise.',
};

export function CheckForm({ agentId, initial, checkId, onDone, onType }: CheckFormProps) {
  const api = useApi();
  const client = useQueryClient();
  const [draft, setDraft] = useState(initial);
  const [begun, setBegun] = useState(draft);
  const [attempts, setAttempts] = useState(0);
  const tried = attempts > 0;
  const form = useFirstWrong(attempts);
  const guard = useUnsaved({ changed: JSON.stringify(draft) !== JSON.stringify(begun), what: 'this check' });
  const errors = tried ? draftErrors(draft) : {};
  const editing = checkId !== undefined;
  const set = <K extends keyof CheckDraft>(key: K, value: CheckDraft[K]) => setDraft((present) => ({ ...present, [key]: value }));

  const save = useMutation({
    mutationFn: () => (editing ? checkCalls.edit(api, checkId, toInput(draft)) : checkCalls.add(api, agentId, toInput(draft))),
    onSuccess: async (said) => {
      notifyDone(said);
      await client.invalidateQueries({ queryKey: checkKeys.agent(agentId) });
      guard.release();
      onDone();
    },
  });
  const submit = () => {
    setAttempts((before) => before + 1);
    if (Object.keys(draftErrors(draft)).length === 0) save.mutate();
  };

  return (
    <Panel title={editing ? 'Edit check' : 'Add check'}>
      <form
        ref={form}
        noValidate
        onSubmit={(event) => {
          event.preventDefault();
          submit();
        }}
      >
        <Stack>
          {editing ? null : (
            <TypeChoice
              value={draft.type}
              onChange={(type) => {
                const next = { ...newDraft(type), failures: draft.failures, interval: draft.interval };
                setDraft(next);
                // Another type alone is nothing that could be lost.
                if (JSON.stringify(draft) === JSON.stringify(begun)) setBegun(next);
                setAttempts(0);
                onType?.(type);
              }}
            />
          )}
          <Text size="sm" c="dimmed">
            {explain[draft.type]}
          </Text>
          {draft.type === 'diskspace' ? <DiskField agentId={agentId} value={draft.disk} locked={editing} error={errors.disk} onChange={(disk) => set('disk', disk)} /> : null}
          {hasThresholds(draft.type) ? <LimitFields draft={draft} error={errors.warning} set={set} /> : null}
          {draft.type === 'ping' ? (
            <SimpleGrid cols={{ base: 1, xs: 2 }}>
              <TextInput label="Name" required value={draft.name} error={errors.name} maxLength={255} onChange={(event) => set('name', event.currentTarget.value)} />
              <TextInput label="Address" required placeholder="10.0.0.1 or gateway.example.com" value={draft.ip} error={errors.ip} onChange={(event) => set('ip', event.currentTarget.value)} />
              <SeverityField value={draft.severity} onChange={(severity) => set('severity', severity)} />
            </SimpleGrid>
          ) : null}
          {draft.type === 'script' ? <ScriptFields agentId={agentId} draft={draft} errors={errors} set={set} locked={editing} /> : null}
          <SimpleGrid cols={{ base: 1, xs: 2 }}>
            <NumberInput label="Failures in a row before an alert" min={1} max={10} value={draft.failures} onChange={(value) => set('failures', Number(value) || 1)} />
            <NumberInput label="Run every" description="Seconds; 0 is the agent's own interval" min={0} max={86_400} suffix=" s" value={draft.interval} onChange={(value) => set('interval', Number(value) || 0)} />
          </SimpleGrid>
          {save.isError ? (
            <Alert color="red" role="alert">
              {messageOf(save.error)}
            </Alert>
          ) : null}
          <Group>
            <Button type="submit" loading={save.isPending}>
              {editing ? 'Save check' : 'Add check'}
            </Button>
            <Button variant="default" onClick={onDone}>
              Cancel
            </Button>
          </Group>
        </Stack>
      </form>
      {guard.dialog}
    </Panel>
  );
}

/** Side by side where there is room, else as a list to choose from. */
function TypeChoice({ value, onChange }: { value: FormType; onChange: (type: FormType) => void }) {
  const narrow = useMediaQuery('(max-width: 480px)', false, { getInitialValueInEffect: false });
  const data = formTypes.map((type) => ({ value: type, label: typeNames[type] }));
  if (narrow) return <Select label="What to watch" data={data} value={value} onChange={(type) => onChange(type ?? value)} />;
  return <SegmentedControl aria-label="What to watch" style={{ alignSelf: 'start' }} value={value} onChange={onChange} data={data} />;
}

type Setter = <K extends keyof CheckDraft>(key: K, value: CheckDraft[K]) => void;

function LimitFields({ draft, error, set }: { draft: CheckDraft; error: string | undefined; set: Setter }) {
  const words = draft.type === 'diskspace' ? 'when free space falls below' : 'when the mean is above';
  return (
    <SimpleGrid cols={{ base: 1, xs: 2 }}>
      <NumberInput label={`Warning ${words}`} suffix=" %" min={0} max={99} value={draft.warning} error={error} onChange={(value) => set('warning', Number(value) || 0)} />
      <NumberInput label={`Error ${words}`} suffix=" %" min={0} max={99} value={draft.error} onChange={(value) => set('error', Number(value) || 0)} />
    </SimpleGrid>
  );
}

interface DiskFieldProps {
  agentId: string;
  value: string;
  locked: boolean;
  error: ReactNode;
  onChange: (disk: string) => void;
}

function DiskField({ agentId, value, locked, error, onChange }: DiskFieldProps) {
  const detail = useQuery(agentDetailQuery(useApi(), agentId));
  const disks = detail.data?.disks ?? [];
  return (
    <Select
      label="Disk"
      required
      disabled={locked}
      placeholder={detail.isPending ? 'Loading…' : 'Choose a disk'}
      nothingFoundMessage="The agent has not reported a disk yet"
      error={error}
      value={value || null}
      data={locked ? [value] : disks.map((disk) => ({ value: disk.device, label: `${disk.device} (${disk.free} free of ${disk.total})` }))}
      onChange={(disk) => onChange(disk ?? '')}
    />
  );
}

function SeverityField({ value, onChange }: { value: Severity; onChange: (severity: Severity) => void }) {
  return (
    <Select
      label="A failure counts as"
      value={value}
      data={[
        { value: 'info', label: 'Information' },
        { value: 'warning', label: 'Warning' },
        { value: 'error', label: 'Error' },
      ]}
      onChange={(severity) => onChange((severity ?? 'warning'))}
    />
  );
}

interface ScriptFieldsProps {
  agentId: string;
  draft: CheckDraft;
  errors: ReturnType<typeof draftErrors>;
  set: Setter;
  locked: boolean;
}

function ScriptFields({ agentId, draft, errors, set, locked }: ScriptFieldsProps) {
  const api = useApi();
  const scripts = useQuery(scriptsQuery(api));
  const plat = useQuery(agentDetailQuery(api, agentId)).data?.plat;
  const usable = (scripts.data ?? []).filter((script) => !plat || runsOn(script, plat));
  return (
    <>
      <Select
        label="Script"
        required
        searchable
        disabled={locked}
        placeholder="Choose a script"
        nothingFoundMessage="No script for this platform"
        error={errors.script}
        value={draft.script === null ? null : String(draft.script)}
        data={usable.map((script) => ({ value: String(script.id), label: script.name }))}
        onChange={(value) => {
          const chosen = usable.find((script) => String(script.id) === value);
          set('script', chosen?.id ?? null);
          if (chosen) set('timeout', chosen.default_timeout);
        }}
      />
      <SimpleGrid cols={{ base: 1, xs: 2 }}>
        <TagsInput label="Arguments" acceptValueOnBlur value={draft.args} onChange={(args) => set('args', args)} splitChars={[]} allowDuplicates />
        <TagsInput label="Environment" acceptValueOnBlur placeholder="NAME=value" error={errors.env} value={draft.env} onChange={(env) => set('env', env)} splitChars={[]} />
        <CodesField label="Return codes that pass" value={draft.successCodes} onChange={(codes) => set('successCodes', codes)} />
        <CodesField label="Return codes that warn" value={draft.warningCodes} onChange={(codes) => set('warningCodes', codes)} />
        <CodesField label="Return codes that inform" value={draft.infoCodes} onChange={(codes) => set('infoCodes', codes)} />
        <NumberInput label="Time limit" suffix=" s" min={5} max={86_400} value={draft.timeout} onChange={(value) => set('timeout', Number(value) || 90)} />
      </SimpleGrid>
    </>
  );
}

function CodesField({ label, value, onChange }: { label: string; value: number[]; onChange: (codes: number[]) => void }) {
  return (
    <TagsInput
      label={label}
      acceptValueOnBlur
      value={value.map(String)}
      onChange={(codes) => onChange(codes.map(Number).filter(Number.isInteger))}
    />
  );
}
