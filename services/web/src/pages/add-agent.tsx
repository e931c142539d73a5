import { getRouteApi } from '@tanstack/react-router';
import { useState } from 'react';
import type { EnrolmentCreated } from '@/api/types';
import { Page } from '@/components/page';
import { Arrivals } from '@/modules/enrol/arrivals';
import { Needs } from '@/modules/needs';
import { NewEnrolment } from '@/modules/enrol/new-enrolment';

const route = getRouteApi('/shell/add-agent');

export function AddAgentPage() {
  const { client, site, enrolment } = route.useSearch();
  const navigate = route.useNavigate();
  const [created, setCreated] = useState<EnrolmentCreated | null>(null);
  const command = created && created.id === enrolment ? created.command : undefined;
  return (
    <Page title="Add an agent" lead="One command makes a machine visible here: nothing else has to be opened or configured." narrow>
      <Needs right="can_install_agents">
        {enrolment ? (
          <Arrivals id={enrolment} command={command} onAgain={() => void navigate({ search: { client, site } })} />
        ) : (
          <NewEnrolment
            client={client}
            site={site}
            onCreated={(next) => {
              setCreated(next);
              void navigate({ search: { client, site, enrolment: next.id } });
            }}
          />
        )}
      </Needs>
    </Page>
  );
}
