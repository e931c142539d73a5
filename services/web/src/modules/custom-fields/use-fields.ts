import { useQuery } from '@tanstack/react-query';
import type { CustomField, FieldModel } from '@/api/admin-types';
import { useApi } from '@/api/context';
import { modelFieldsQuery } from '@/api/queries/core';
import { useCan } from '../account-rights';

/** The fields of a model; none for somebody who may not see them. Undefined while they load. */
export function useFields(model: FieldModel): CustomField[] | undefined {
  const may = useCan()('can_view_customfields');
  const fields = useQuery({ ...modelFieldsQuery(useApi(), model), enabled: may });
  return may && !fields.isError ? fields.data : [];
}
