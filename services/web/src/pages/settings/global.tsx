import { Select } from '@mantine/core';
import { useMediaQuery } from '@mantine/hooks';
import { useQuery } from '@tanstack/react-query';
import { getRouteApi, Link } from '@tanstack/react-router';
import { useApi } from '@/api/context';
import { settingsQuery } from '@/api/queries/core';
import { FilterInput } from '@/components/filter-input';
import { Loaded } from '@/components/loaded';
import { Page } from '@/components/page';
import classes from '@/modules/core-settings/core-settings.module.css';
import { sections, sectionTitles } from '@/modules/core-settings/sections';
import { SettingsForm } from '@/modules/core-settings/settings-form';

const route = getRouteApi('/shell/settings/global');

export function GlobalSettingsPage() {
  const settings = useQuery(settingsQuery(useApi()));
  const { section = 'agents', q = '' } = route.useSearch();
  const navigate = route.useNavigate();
  const narrow = useMediaQuery('(max-width: 767px)', false, { getInitialValueInEffect: false });
  return (
    <Page
      title="Global settings"
      view={q ? undefined : sectionTitles[section]}
      lead="What holds for the whole installation."
      actions={
        <FilterInput
          label="Search all settings"
          value={q}
          onChange={(value) => void navigate({ search: (present) => ({ ...present, q: value || undefined }), replace: true })}
        />
      }
    >
      <Loaded query={settings} fresh what="Settings" rows={6}>
        {(loaded) => (
          <div className={classes.layout}>
            {narrow ? (
              <Select
                label="Section"
                data={sections.map((name) => ({ value: name, label: sectionTitles[name] }))}
                value={q ? null : section}
                placeholder="Results of the search"
                onChange={(name) => void navigate({ search: { section: (name ?? section) } })}
              />
            ) : (
              <nav className={classes.nav} aria-label="Sections of the settings">
                {sections.map((name) => (
                  <Link key={name} to="/settings/global" search={{ section: name }} aria-current={!q && name === section ? 'page' : undefined} activeProps={{}} activeOptions={{ exact: true }}>
                    {sectionTitles[name]}
                  </Link>
                ))}
              </nav>
            )}
            <SettingsForm settings={loaded} section={section} query={q} />
          </div>
        )}
      </Loaded>
    </Page>
  );
}
