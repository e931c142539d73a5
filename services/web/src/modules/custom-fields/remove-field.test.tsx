import { screen, waitFor, within } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { expect, it, vi } from 'vitest';
import type { CustomField } from '@/api/admin-types';
import { fieldKeys } from '@/api/queries/core';
import { renderWith } from '@/test/render';
import { RemoveField } from './remove-field';

const field = { id: 7, name: 'Rack', model: 'agent', type: 'text' } as CustomField;

async function ask(usage: { status: number; body: unknown }) {
  const removed = vi.fn();
  const view = renderWith(<RemoveField wide field={field} onRemoved={removed} />, {
    'GET /v1/customfields/7/usage': () => usage,
    'DELETE /core/customfields/7/': () => ({ status: 200, body: 'ok' }),
  });
  view.client.setQueryData(fieldKeys.all, [field]);
  expect(view.calls).toEqual([]);
  await userEvent.click(screen.getByRole('button', { name: 'Delete field' }));
  return { view, removed, dialog: await screen.findByRole('dialog') };
}

it('says how many stored values go before a field is deleted', async () => {
  const { view, removed, dialog } = await ask({ status: 200, body: { values: 1234 } });
  await waitFor(() => expect(dialog).toHaveTextContent('Delete “Rack”? 1,234 stored values go with it, for good.'));
  await userEvent.click(within(dialog).getByRole('button', { name: 'Delete field' }));
  await waitFor(() => expect(removed).toHaveBeenCalledOnce());
  await waitFor(() => expect(view.client.getQueryState(fieldKeys.all)?.isInvalidated).toBe(true));
  expect(view.calls.map(({ call }) => call)).toContain('DELETE /core/customfields/7/');
});

it('says when none goes, and warns of all when they cannot be counted', async () => {
  const first = await ask({ status: 200, body: { values: 0 } });
  await waitFor(() => expect(first.dialog).toHaveTextContent('No value is stored in it.'));
  first.view.unmount();
  const second = await ask({ status: 500, body: { detail: 'no' } });
  expect(second.dialog).toHaveTextContent('Delete “Rack” with every value that is stored in it?');
});
