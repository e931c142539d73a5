import { ActionIcon, Alert, Button, Group, Stack, Text, Textarea } from '@mantine/core';
import { getHotkeyHandler } from '@mantine/hooks';
import { IconNotes, IconPencil, IconTrash } from '@tabler/icons-react';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { useApi } from '@/api/context';
import { messageOf } from '@/api/errors';
import { agentCalls, agentKeys, notesQuery } from '@/api/queries/agents';
import type { Note } from '@/api/types';
import { ConfirmButton } from '@/components/confirm-button';
import { notifyFailed } from '@/components/notify';
import { Panel } from '@/components/page';
import { EmptyState, ErrorState, RowsSkeleton } from '@/components/states';
import { useUnsaved } from '@/components/unsaved';
import { TimeAgo } from '@/components/time-ago';
import { useCan } from '../account-rights';

export function Notes({ id }: { id: string }) {
  const api = useApi();
  const manage = useCan()('can_manage_notes');
  const notes = useQuery(notesQuery(api, id));
  if (notes.isPending) return <RowsSkeleton label="Loading notes" />;
  if (notes.isError) return <ErrorState title="Notes could not be loaded" error={notes.error} onRetry={() => void notes.refetch()} />;
  return (
    <Stack maw={760}>
      {manage ? <Editor id={id} save={(text) => agentCalls.addNote(api, id, text)} action="Add note" placeholder="What should the next person know?" /> : null}
      {notes.data.length === 0 ? (
        <EmptyState icon={<IconNotes size={22} />} title="No notes yet">
          Notes stay with the machine: its quirks, who looks after it, whom to call.
        </EmptyState>
      ) : (
        notes.data.map((note) => <NoteCard key={note.pk} id={id} note={note} manage={manage} />)
      )}
    </Stack>
  );
}

function NoteCard({ id, note, manage }: { id: string; note: Note; manage: boolean }) {
  const api = useApi();
  const client = useQueryClient();
  const [editing, setEditing] = useState(false);
  const remove = useMutation({
    mutationFn: () => agentCalls.removeNote(api, note.pk),
    onSuccess: () => client.invalidateQueries({ queryKey: agentKeys.notes(id) }),
    onError: (error) => notifyFailed('The note was not deleted', error),
  });
  if (editing) {
    return (
      <Editor
        id={id}
        initial={note.note ?? ''}
        action="Save note"
        save={(text) => agentCalls.editNote(api, note.pk, text)}
        onDone={() => setEditing(false)}
      />
    );
  }
  return (
    <Panel
      title={
        <Text size="sm" c="dimmed">
          {note.username ?? 'A deleted user'} · <TimeAgo at={note.entry_time} />
        </Text>
      }
      actions={
        manage ? (
          <Group gap={2}>
            <ActionIcon variant="subtle" color="gray" aria-label="Edit this note" onClick={() => setEditing(true)}>
              <IconPencil size={16} />
            </ActionIcon>
            <ConfirmButton question="Delete this note?" action="Delete note" onConfirm={() => remove.mutate()}>
              {(open) => (
                <ActionIcon variant="subtle" color="gray" aria-label="Delete this note" onClick={open} loading={remove.isPending}>
                  <IconTrash size={16} />
                </ActionIcon>
              )}
            </ConfirmButton>
          </Group>
        ) : undefined
      }
      label="Note"
    >
      <p style={{ margin: 0, whiteSpace: 'pre-wrap', overflowWrap: 'anywhere' }}>{note.note}</p>
    </Panel>
  );
}

interface EditorProps {
  id: string;
  initial?: string;
  placeholder?: string;
  action: string;
  save: (text: string) => Promise<unknown>;
  onDone?: () => void;
}

function Editor({ id, initial = '', placeholder, action, save, onDone }: EditorProps) {
  const client = useQueryClient();
  const [text, setText] = useState(initial);
  const guard = useUnsaved({ changed: text.trim() !== initial.trim(), what: 'this note' });
  const write = useMutation({
    mutationFn: () => save(text.trim()),
    onSuccess: async () => {
      await client.invalidateQueries({ queryKey: agentKeys.notes(id) });
      guard.release();
      setText('');
      onDone?.();
    },
  });
  const submit = () => {
    if (text.trim() !== '' && !write.isPending) write.mutate();
  };
  return (
    <Panel label={action}>
      <Stack gap="sm">
        <Textarea
          aria-label="Note"
          placeholder={placeholder}
          autosize
          minRows={2}
          maxRows={16}
          value={text}
          onChange={(event) => setText(event.currentTarget.value)}
          onKeyDown={getHotkeyHandler([['mod+Enter', submit]])}
        />
        {write.isError ? (
          <Alert color="red" role="alert">
            {messageOf(write.error)}
          </Alert>
        ) : null}
        <Group>
          <Button onClick={submit} loading={write.isPending} disabled={text.trim() === ''}>
            {action}
          </Button>
          {onDone ? (
            <Button variant="default" onClick={onDone}>
              Cancel
            </Button>
          ) : null}
        </Group>
      </Stack>
      {guard.dialog}
    </Panel>
  );
}
