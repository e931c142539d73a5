import { ActionIcon, Menu, TextInput, Tooltip } from '@mantine/core';
import { useLocalStorage } from '@mantine/hooks';
import { IconBookmark, IconColumns3, IconTrash } from '@tabler/icons-react';
import { useState } from 'react';
import { filterQuery, isFiltered, parseFilters, type AgentFilters } from '@/api/filters';
import { queryText } from '@/api/client';
import { layouts } from './columns';

export type Visibility = Record<string, boolean>;

const defaults: Visibility = Object.fromEntries(
  Object.entries(layouts).map(([id, layout]) => [id, layout.fixed === true || layout.shown === true]),
);

/** Which columns this browser shows. */
export function useColumnVisibility(): [Visibility, (visible: Visibility) => void] {
  const [stored, setStored] = useLocalStorage<Visibility>({ key: 'gueen-agent-columns', defaultValue: {}, getInitialValueInEffect: false });
  return [{ ...defaults, ...stored }, setStored];
}

export function ColumnMenu({ visible, onChange }: { visible: Visibility; onChange: (visible: Visibility) => void }) {
  const [opened, setOpened] = useState(false);
  return (
    <Menu width={200} closeOnItemClick={false} opened={opened} onChange={setOpened}>
      <Menu.Target>
        <Tooltip label="Columns" disabled={opened}>
          <ActionIcon variant="default" size={36} aria-label="Choose columns">
            <IconColumns3 size={17} />
          </ActionIcon>
        </Tooltip>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Label>Columns</Menu.Label>
        {Object.entries(layouts)
          .filter(([, layout]) => !layout.fixed)
          .map(([id, layout]) => (
            <Menu.Item
              key={id}
              role="menuitemcheckbox"
              aria-checked={visible[id] ?? false}
              rightSection={visible[id] ? '✓' : null}
              onClick={() => onChange({ ...visible, [id]: !visible[id] })}
            >
              {layout.label}
            </Menu.Item>
          ))}
      </Menu.Dropdown>
    </Menu>
  );
}

interface SavedView {
  name: string;
  search: string;
}

interface SavedViewsProps {
  filters: AgentFilters;
  onOpen: (filters: AgentFilters) => void;
}

/** Named views of this browser. A view is its address, so it can as well be bookmarked or sent. */
export function SavedViews({ filters, onOpen }: SavedViewsProps) {
  const [views, setViews] = useLocalStorage<SavedView[]>({ key: 'gueen-agent-views', defaultValue: [], getInitialValueInEffect: false });
  const [name, setName] = useState('');
  const [opened, setOpened] = useState(false);
  const save = () => {
    const trimmed = name.trim();
    if (!trimmed) return;
    setViews([...views.filter((view) => view.name !== trimmed), { name: trimmed, search: queryText(filterQuery(filters)) }]);
    setName('');
  };
  return (
    <Menu width={260} trapFocus={false} opened={opened} onChange={setOpened}>
      <Menu.Target>
        <Tooltip label="Saved views" disabled={opened}>
          <ActionIcon variant="default" size={36} aria-label="Saved views">
            <IconBookmark size={17} />
          </ActionIcon>
        </Tooltip>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Label>Saved views</Menu.Label>
        {views.length === 0 ? <Menu.Item disabled>None yet</Menu.Item> : null}
        {views.map((view) => (
          <Menu.Item
            key={view.name}
            onClick={() => onOpen(parseFilters(Object.fromEntries(new URLSearchParams(view.search))))}
            rightSection={
              <ActionIcon
                component="span"
                role="button"
                tabIndex={0}
                size="sm"
                variant="subtle"
                color="gray"
                aria-label={`Delete view ${view.name}`}
                onClick={(event) => {
                  event.stopPropagation();
                  setViews(views.filter((each) => each.name !== view.name));
                }}
              >
                <IconTrash size={14} />
              </ActionIcon>
            }
          >
            {view.name}
          </Menu.Item>
        ))}
        <Menu.Divider />
        <form
          style={{ padding: 6 }}
          onSubmit={(event) => {
            event.preventDefault();
            save();
          }}
        >
          <TextInput
            size="xs"
            aria-label="Name for the present view"
            placeholder={isFiltered(filters) ? 'Save present filters as…' : 'Choose filters first'}
            disabled={!isFiltered(filters)}
            value={name}
            maxLength={60}
            onChange={(event) => setName(event.currentTarget.value)}
            onKeyDown={(event) => event.stopPropagation()}
          />
        </form>
      </Menu.Dropdown>
    </Menu>
  );
}
