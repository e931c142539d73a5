import { Button } from '@mantine/core';
import { IconTrash } from '@tabler/icons-react';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useApi } from '@/api/context';
import { scriptCalls, scriptKeys } from '@/api/queries/scripts';
import { ConfirmButton } from '@/components/confirm-button';
import { notifyDone, notifyFailed } from '@/components/notify';

export function DeleteScript({ script, onDone }: { script: { id: number; name: string }; onDone: () => void }) {
  const api = useApi();
  const client = useQueryClient();
  const remove = useMutation({
    mutationFn: () => scriptCalls.remove(api, script.id),
    onSuccess: async (said) => {
      notifyDone(said);
      onDone();
      await client.invalidateQueries({ queryKey: scriptKeys.all, exact: true });
    },
    onError: (error) => notifyFailed('The script was not deleted', error),
  });
  return (
    <ConfirmButton question={`Delete “${script.name}”? Checks that use it are deleted with it.`} action="Delete script" onConfirm={() => remove.mutate()}>
      {(open) => (
        <Button variant="default" leftSection={<IconTrash size={16} />} onClick={open} loading={remove.isPending}>
          Delete
        </Button>
      )}
    </ConfirmButton>
  );
}
