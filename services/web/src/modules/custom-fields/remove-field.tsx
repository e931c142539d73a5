import { useQuery } from '@tanstack/react-query';
import type { CustomField } from '@/api/admin-types';
import { useApi } from '@/api/context';
import { fieldCalls, fieldKeys, fieldUsageQuery } from '@/api/queries/core';
import { plural } from '@/components/format';
import { RemoveButton } from '@/components/remove-button';

interface RemoveFieldProps {
  field: CustomField;
  wide?: boolean;
  onRemoved?: () => void;
}

/** Deletes a field, after saying how many stored values go with it. */
export function RemoveField({ field, wide, onRemoved }: RemoveFieldProps) {
  const api = useApi();
  return (
    <RemoveButton
      wide={wide}
      name={field.name}
      action="Delete field"
      question={<Question field={field} />}
      done={`The field ${field.name} was deleted`}
      remove={() => fieldCalls.remove(api, field.id)}
      stale={fieldKeys.all}
      onRemoved={onRemoved}
    />
  );
}

/** Counted when the question is asked. Until the number is there, or when it cannot be had, the words say the same without it. */
function Question({ field }: { field: CustomField }) {
  const usage = useQuery(fieldUsageQuery(useApi(), field.id));
  const name = `“${field.name}”`;
  if (usage.data === undefined) return `Delete ${name} with every value that is stored in it?`;
  if (usage.data.values === 0) return `Delete ${name}? No value is stored in it.`;
  return (
    <>
      Delete {name}? <b>{plural(usage.data.values, 'stored value')}</b> {usage.data.values === 1 ? 'goes' : 'go'} with it, for good.
    </>
  );
}
