import { Stack } from '@mantine/core';
import { getRouteApi } from '@tanstack/react-router';
import { Page, Panel } from '@/components/page';
import { Prune } from '@/modules/server/prune';
import { Needs } from '@/modules/needs';
import { Repair } from '@/modules/server/repair';

const route = getRouteApi('/shell/server/maintenance');

export function MaintenancePage() {
  const { prune = [], ask } = route.useSearch();
  const navigate = route.useNavigate();
  return (
    <Page title="Maintenance" narrow lead="The work is done in the background and goes on when you leave this page.">
      <Needs right="can_do_server_maint">
        <Stack>
          <Panel flush title="Repair">
            <Repair />
          </Panel>
          <Panel title="Prune the database">
            <Prune
              chosen={prune}
              asking={ask === 'prune'}
              onChange={(chosen, asking) =>
                void navigate({ search: { prune: chosen.length > 0 ? chosen : undefined, ask: asking ? 'prune' : undefined }, replace: !asking })
              }
            />
          </Panel>
        </Stack>
      </Needs>
    </Page>
  );
}
