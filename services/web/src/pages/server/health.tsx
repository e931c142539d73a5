import { Alert, SimpleGrid, Stack } from '@mantine/core';
import { IconAlertTriangle, IconCircleCheck, IconCircleX } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import type { Health } from '@/api/admin-types';
import { useApi } from '@/api/context';
import { healthQuery } from '@/api/queries/server';
import { Badge } from '@/components/badge';
import { Facts } from '@/components/facts';
import { count, plural } from '@/components/format';
import { Loaded } from '@/components/loaded';
import { Page, Panel } from '@/components/page';
import classes from '@/modules/server/server.module.css';

/** From these percentages on a meter warns and alarms. */
const high = 80;
const full = 92;

const partWords: Readonly<Record<string, string>> = {
  database: 'Database',
  redis: 'Queues (Redis)',
  nats: 'Message bus (NATS)',
  'nats websocket': 'Message bus, WebSocket',
  realtime: 'Live connections',
  natsapi: 'Results and inventory',
  worker: 'Background worker',
  beat: 'Scheduler',
  'front door': 'Front door',
};

export function HealthPage() {
  const health = useQuery(healthQuery(useApi()));
  return (
    <Page title="State" lead="What of the installation runs at this moment.">
      <Loaded query={health} what="The state" rows={6}>
        {(loaded) => <HealthPanels health={loaded} />}
      </Loaded>
    </Page>
  );
}

function HealthPanels({ health }: { health: Health }) {
  const down = health.parts.filter((part) => !part.running);
  return (
    <Stack>
      {down.length > 0 ? (
        <Alert color="red" icon={<IconAlertTriangle size={18} />} title={`${plural(down.length, 'part')} did not answer`}>
          {down.map((part) => partWords[part.name] ?? part.name).join(', ')}. Their logs say why.
        </Alert>
      ) : null}
      {health.cert_expired || (health.cert_days !== null && health.cert_days < 14) ? (
        <Alert color={health.cert_expired ? 'red' : 'yellow'} icon={<IconAlertTriangle size={18} />} title={health.cert_expired ? 'The certificate has expired' : 'The certificate expires soon'}>
          Agents and browsers refuse an expired certificate.
        </Alert>
      ) : null}
      <Panel title="Parts">
        <ul className={classes.parts}>
          {health.parts.map((part) => (
            <li key={part.name} className={classes.part} data-down={part.running ? undefined : true}>
              <span>{partWords[part.name] ?? part.name}</span>
              {part.running ? (
                <Badge tone="ok" icon={<IconCircleCheck size={15} />}>
                  Runs
                </Badge>
              ) : (
                <Badge tone="bad" icon={<IconCircleX size={15} />}>
                  No answer
                </Badge>
              )}
            </li>
          ))}
        </ul>
      </Panel>
      <SimpleGrid cols={{ base: 1, md: 2 }}>
        <Panel title="Machine">
          <div className={classes.meters}>
            <Meter label="Disk" percent={health.disk_percent} />
            <Meter label="Memory" percent={health.memory_percent} />
          </div>
        </Panel>
        <Panel title="Installation">
          <Facts
            items={[
              ['Agents', count(health.agents)],
              ['Clients and sites', `${count(health.clients)} and ${count(health.sites)}`],
              ['Waiting tasks', health.waiting === null ? 'not known' : `${count(health.waiting)}${health.queue_healthy ? '' : ', more than usual'}`],
              ['Certificate', health.cert_days === null ? 'on another machine' : health.cert_expired ? 'expired' : `expires in ${plural(health.cert_days, 'day')}`],
              ['Release', health.newer_release === '' ? health.release : `${health.release}, and ${health.newer_release} is out`],
              ['Speaks as version', health.version],
              ['Newest agent', health.agent_version],
            ]}
          />
        </Panel>
      </SimpleGrid>
    </Stack>
  );
}

function Meter({ label, percent }: { label: string; percent: number | null }) {
  const tone = percent === null || percent < high ? undefined : percent < full ? 'warn' : 'bad';
  return (
    <div className={classes.meter}>
      <span>{label}</span>
      {percent === null ? (
        <span className="muted">not known</span>
      ) : (
        <>
          <div className={classes.track} role="meter" aria-label={`${label} used`} aria-valuenow={percent} aria-valuemin={0} aria-valuemax={100}>
            <div className={classes.fill} data-tone={tone} style={{ width: `${percent}%` }} />
          </div>
          <span>{percent} %</span>
        </>
      )}
    </div>
  );
}
