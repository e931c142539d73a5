import { Button } from '@mantine/core';
import { IconCalendarTime, IconPlus } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { getRouteApi, Link, useNavigate } from '@tanstack/react-router';
import type { Schedule, ScheduleInput } from '@/api/admin-types';
import { useApi } from '@/api/context';
import { scheduleCalls, schedulesKey, schedulesQuery } from '@/api/queries/core';
import { DataTable } from '@/components/data-table';
import { Loaded } from '@/components/loaded';
import { Page, Panel } from '@/components/page';
import { RemoveButton } from '@/components/remove-button';
import { EmptyState } from '@/components/states';
import { When } from '@/components/when';
import { useCan } from '@/modules/account-rights';
import { Needs } from '@/modules/needs';
import { describe, emptySchedule } from '@/modules/schedules/describe';
import { ScheduleForm } from '@/modules/schedules/schedule-form';

const oneRoute = getRouteApi('/shell/settings/schedules/$scheduleId');

export function SchedulesPage() {
  const schedules = useQuery(schedulesQuery(useApi()));
  const manage = useCan()('can_manage_schedules');
  const add = manage ? (
    <Button component={Link} to="/settings/schedules/new" leftSection={<IconPlus size={16} />}>
      New schedule
    </Button>
  ) : null;
  return (
    <Page title="Schedules" lead="Times that reports can be sent at, in the installation’s time zone." actions={add}>
      <Panel flush label="Schedules">
        <Loaded query={schedules} what="Schedules">
          {(list) =>
            list.length === 0 ? (
              <EmptyState icon={<IconCalendarTime size={22} />} title="No schedules yet" actions={add}>
                For example every Monday at eight.
              </EmptyState>
            ) : (
              <DataTable
                label="Schedules"
                rows={list}
                rowKey={(schedule) => schedule.id}
                columns={[
                  {
                    head: 'Name',
                    kind: 'lead',
                    cell: (schedule) => (
                      <Link to="/settings/schedules/$scheduleId" params={{ scheduleId: String(schedule.id) }}>
                        {schedule.name}
                      </Link>
                    ),
                  },
                  { head: 'When', cell: (schedule) => describe(schedule) ?? <span className="muted">Never: something is not chosen</span> },
                  { head: 'Changed', kind: 'tight', cell: (schedule) => <When brief at={schedule.modified_time ?? schedule.created_time} /> },
                  {
                    head: 'Actions',
                    kind: 'tools',
                    cell: (schedule) => (manage ? <RemoveSchedule schedule={schedule} /> : null),
                  },
                ]}
              />
            )
          }
        </Loaded>
      </Panel>
    </Page>
  );
}

interface RemoveScheduleProps {
  schedule: Schedule;
  wide?: boolean;
  onRemoved?: () => void;
}

function RemoveSchedule({ schedule, wide, onRemoved }: RemoveScheduleProps) {
  const api = useApi();
  return (
    <RemoveButton
      wide={wide}
      name={schedule.name}
      action="Delete schedule"
      question={`Delete “${schedule.name}”? One that is in use is kept.`}
      done={`${schedule.name} was deleted`}
      remove={() => scheduleCalls.remove(api, schedule.id)}
      stale={schedulesKey}
      onRemoved={onRemoved}
    />
  );
}

const trail = <Link to="/settings/schedules">Schedules</Link>;

export function NewSchedulePage() {
  const navigate = useNavigate();
  return (
    <Page title="New schedule" trail={trail} narrow>
      <Needs right="can_manage_schedules">
        <ScheduleForm initial={emptySchedule()} onDone={() => void navigate({ to: '/settings/schedules' })} />
      </Needs>
    </Page>
  );
}

export function SchedulePage() {
  const { scheduleId } = oneRoute.useParams();
  const navigate = useNavigate();
  const id = Number(scheduleId);
  const schedules = useQuery({ ...schedulesQuery(useApi()), refetchOnWindowFocus: false });
  const schedule = schedules.data?.find((each) => each.id === id);
  const manage = useCan()('can_manage_schedules');
  return (
    <Page
      title={schedule?.name ?? 'Schedule'}
      trail={trail}
      narrow
      actions={schedule && manage ? <RemoveSchedule wide schedule={schedule} onRemoved={() => void navigate({ to: '/settings/schedules', ignoreBlocker: true })} /> : undefined}
    >
      <Loaded query={schedules} what="The schedule" fresh>
        {() =>
          schedule ? (
            <ScheduleForm key={id} scheduleId={id} initial={pick(schedule)} onDone={() => void navigate({ to: '/settings/schedules' })} />
          ) : (
            <EmptyState icon={<IconCalendarTime size={22} />} title="This schedule is gone">
              Somebody deleted it.
            </EmptyState>
          )
        }
      </Loaded>
    </Page>
  );
}

function pick(schedule: Schedule): ScheduleInput {
  const { name, run_time, schedule_type, monthly_type, run_time_weekdays, monthly_months_of_year, monthly_days_of_month, monthly_weeks_of_month } = schedule;
  return { name, run_time, schedule_type, monthly_type, run_time_weekdays, monthly_months_of_year, monthly_days_of_month, monthly_weeks_of_month };
}
