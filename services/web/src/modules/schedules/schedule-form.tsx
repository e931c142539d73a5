import { Button, Chip, Group, SegmentedControl, SimpleGrid, Stack, Text, TextInput } from '@mantine/core';
import { useQueryClient } from '@tanstack/react-query';
import { useId } from 'react';
import type { ScheduleInput } from '@/api/admin-types';
import { useApi } from '@/api/context';
import { scheduleCalls, schedulesKey } from '@/api/queries/core';
import { useDraft } from '@/components/draft';
import { Form } from '@/components/form';
import { NameField } from '@/components/name-field';
import { notifyDone } from '@/components/notify';
import { Panel } from '@/components/page';
import { useCan } from '../account-rights';
import { dayWord, describe, lastDay, months, weekdays, weeks } from './describe';

interface ScheduleFormProps {
  initial: ScheduleInput;
  scheduleId?: number;
  onDone: () => void;
}

const days = [...Array.from({ length: 31 }, (_, index) => index + 1), lastDay];

export function ScheduleForm({ initial, scheduleId, onDone }: ScheduleFormProps) {
  const api = useApi();
  const client = useQueryClient();
  const manage = useCan()('can_manage_schedules');
  const { draft, set, changed } = useDraft(initial);
  const words = describe(draft);
  const monthly = draft.schedule_type === 'monthly';
  const byWeek = monthly && draft.monthly_type === 'weeks';
  return (
    <Form
      what="this schedule"
      action={scheduleId === undefined ? 'Add schedule' : 'Save schedule'}
      changed={changed}
      readOnly={!manage}
      complete={draft.name.trim() !== '' && words !== null && draft.run_time !== ''}
      save={() => (scheduleId === undefined ? scheduleCalls.add(api, draft) : scheduleCalls.edit(api, scheduleId, draft))}
      onSaved={async (saved) => {
        notifyDone(`${saved.name} was saved`);
        onDone();
        await client.invalidateQueries({ queryKey: schedulesKey });
      }}
      onCancel={onDone}
    >
      {(fields, tried) => (
        <Panel label="Schedule">
          <Stack>
            <SimpleGrid cols={{ base: 1, xs: 2 }}>
              <NameField value={draft.name} wrong={fields.name} tried={tried} onChange={(name) => set('name', name)} />
              <TextInput
                label="Time of day"
                type="time"
                required
                value={draft.run_time.slice(0, 5)}
                error={fields.run_time}
                onChange={(event) => set('run_time', event.currentTarget.value ? `${event.currentTarget.value}:00` : '')}
              />
            </SimpleGrid>
            <SegmentedControl
              aria-label="How often"
              style={{ alignSelf: 'start' }}
              disabled={!manage}
              data={[
                { value: 'daily', label: 'Daily' },
                { value: 'weekly', label: 'Weekly' },
                { value: 'monthly', label: 'Monthly' },
              ]}
              value={draft.schedule_type}
              onChange={(type) => set('schedule_type', type)}
            />
            {monthly ? (
              <>
                <Choices
                  label="Months"
                  all={months.map((month, index) => [index + 1, month.slice(0, 3), month] as const)}
                  value={draft.monthly_months_of_year}
                  onChange={(value) => set('monthly_months_of_year', value)}
                />
                <SegmentedControl
                  aria-label="Days or weeks of the month"
                  style={{ alignSelf: 'start' }}
                  disabled={!manage}
                  data={[
                    { value: 'days', label: 'On days' },
                    { value: 'weeks', label: 'In weeks' },
                  ]}
                  value={draft.monthly_type}
                  onChange={(type) => set('monthly_type', type)}
                />
              </>
            ) : null}
            {monthly && !byWeek ? (
              <Choices
                label="Days"
                all={days.map((day) => [day, day === lastDay ? 'Last' : String(day), dayWord(day)] as const)}
                value={draft.monthly_days_of_month}
                onChange={(value) => set('monthly_days_of_month', value)}
              />
            ) : null}
            {byWeek ? (
              <Choices
                label="Weeks"
                all={weeks.map((week, index) => [index + 1, week, week] as const)}
                value={draft.monthly_weeks_of_month}
                onChange={(value) => set('monthly_weeks_of_month', value)}
              />
            ) : null}
            {draft.schedule_type === 'weekly' || byWeek ? (
              <Choices
                label="Weekdays"
                all={weekdays.map((day, index) => [index, day.slice(0, 3), day] as const)}
                value={draft.run_time_weekdays}
                onChange={(value) => set('run_time_weekdays', value)}
              />
            ) : null}
            <Text size="sm" role="status" c={words === null && tried ? 'red' : undefined}>
              {words ?? 'Choose at least one of each.'}
            </Text>
          </Stack>
        </Panel>
      )}
    </Form>
  );
}

interface ChoicesProps {
  label: string;
  /** Value, short word, full word. */
  all: readonly (readonly [number, string, string])[];
  value: readonly number[];
  onChange: (value: number[]) => void;
}

function Choices({ label, all, value, onChange }: ChoicesProps) {
  const heading = useId();
  const full = value.length === all.length;
  return (
    <div>
      <Group gap="xs" mb={6}>
        <Text className="label" id={heading}>
          {label}
        </Text>
        <Button size="compact-xs" variant="subtle" aria-label={`${full ? 'None' : 'All'} of ${label.toLowerCase()}`} onClick={() => onChange(full ? [] : all.map(([each]) => each))}>
          {full ? 'None' : 'All'}
        </Button>
      </Group>
      <Chip.Group multiple value={value.map(String)} onChange={(next) => onChange(next.map(Number).sort((a, b) => a - b))}>
        <Group gap={6} role="group" aria-labelledby={heading}>
          {all.map(([each, short, long]) => (
            <Chip key={each} value={String(each)} size="xs" aria-label={long}>
              {short}
            </Chip>
          ))}
        </Group>
      </Chip.Group>
    </div>
  );
}
