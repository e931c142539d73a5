import { Alert, Button, Group, SimpleGrid, Stack, TextInput } from '@mantine/core';
import { useMutation } from '@tanstack/react-query';
import { useState } from 'react';
import { messageOf } from '@/api/errors';
import { Panel } from '@/components/page';

interface AddClientProps {
  save: (client: string, site: string) => Promise<void>;
  onCancel: () => void;
}

export function AddClient({ save, onCancel }: AddClientProps) {
  const [name, setName] = useState('');
  const [site, setSite] = useState('');
  const add = useMutation({ mutationFn: () => save(name.trim(), site.trim()) });
  return (
    <Panel title="Add client">
      <form
        onSubmit={(event) => {
          event.preventDefault();
          add.mutate();
        }}
      >
        <Stack>
          <SimpleGrid cols={{ base: 1, xs: 2 }}>
            <TextInput label="Client" required maxLength={255} value={name} onChange={(event) => setName(event.currentTarget.value)} />
            <TextInput label="First site" required maxLength={255} value={site} onChange={(event) => setSite(event.currentTarget.value)} />
          </SimpleGrid>
          {add.isError ? (
            <Alert color="red" role="alert">
              {messageOf(add.error)}
            </Alert>
          ) : null}
          <Group>
            <Button type="submit" loading={add.isPending} disabled={!name.trim() || !site.trim()}>
              Add client
            </Button>
            <Button variant="default" onClick={onCancel}>
              Cancel
            </Button>
          </Group>
        </Stack>
      </form>
    </Panel>
  );
}
