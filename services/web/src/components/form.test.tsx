import { MantineProvider, TextInput } from '@mantine/core';
import { createMemoryHistory, createRootRoute, createRoute, createRouter, RouterProvider } from '@tanstack/react-router';
import { render, screen, waitFor } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { useState } from 'react';
import { describe, expect, it, vi } from 'vitest';
import { ApiError } from '@/api/errors';
import { useDraft } from './draft';
import { Form } from './form';

interface Values {
  name: string;
}

/** An app of two pages: the one before, and a form. */
async function renderForm(save: (values: Values) => Promise<string>, onSaved: (reply: string) => void = () => undefined, readOnly = false) {
  function Editor() {
    const { draft, set, changed, restart } = useDraft<Values>({ name: '' });
    const [saved, setSaved] = useState('');
    return (
      <>
        <p>{saved}</p>
        <Form
          what="this thing"
          action="Save thing"
          changed={changed || readOnly}
          readOnly={readOnly}
          complete={draft.name !== 'incomplete'}
          save={() => save(draft)}
          onSaved={(reply) => {
            restart(draft);
            setSaved(reply);
            onSaved(reply);
          }}
        >
          {(fields, tried) => (
            <>
              <TextInput label="Other" />
              <TextInput
                label="Name"
                value={draft.name}
                error={fields.name ?? (tried && draft.name === 'incomplete' ? 'Say more.' : undefined)}
                onChange={(event) => set('name', event.currentTarget.value)}
              />
            </>
          )}
        </Form>
      </>
    );
  }
  const root = createRootRoute();
  const routeTree = root.addChildren([
    createRoute({ getParentRoute: () => root, path: '/before', component: () => <h1>Before</h1> }),
    createRoute({ getParentRoute: () => root, path: '/edit', component: Editor }),
  ]);
  const history = createMemoryHistory({ initialEntries: ['/before', '/edit'], initialIndex: 1 });
  const router = createRouter({ routeTree, history });
  render(
    <MantineProvider env="test">
      {/* The app's own router is the registered type. */}
      <RouterProvider router={router as never} />
    </MantineProvider>,
  );
  await screen.findByLabelText('Name');
  const go = (path: string) => {
    history.push(path);
  };
  return { history, go, user: userEvent.setup() };
}

describe('Form', () => {
  it('leads to the field that the server refused', async () => {
    const { user } = await renderForm(() => Promise.reject(new ApiError(400, 'name: Taken.', { fields: { name: 'Taken.' } })));
    expect(screen.getByRole('button', { name: 'Save thing' })).toBeDisabled();
    await user.type(screen.getByLabelText('Name'), 'x');
    await user.click(screen.getByRole('button', { name: 'Save thing' }));
    expect(await screen.findByText('Taken.')).toBeVisible();
    expect(screen.getByRole('alert')).toHaveTextContent('name: Taken.');
    await waitFor(() => expect(screen.getByLabelText('Name')).toHaveFocus());
  });

  it('does not send what it knows to be incomplete', async () => {
    const save = vi.fn(() => Promise.resolve('done'));
    const { user } = await renderForm(save);
    await user.type(screen.getByLabelText('Name'), 'incomplete');
    await user.click(screen.getByRole('button', { name: 'Save thing' }));
    expect(await screen.findByText('Say more.')).toBeVisible();
    await waitFor(() => expect(screen.getByLabelText('Name')).toHaveFocus());
    expect(save).not.toHaveBeenCalled();
  });

  it('asks before unsaved changes are left, and lets go after', async () => {
    const { user, go, history } = await renderForm(() => Promise.resolve('done'));
    await user.type(screen.getByLabelText('Name'), 'x');
    go('/before');
    expect(await screen.findByRole('dialog', { name: 'Leave without saving?' })).toHaveTextContent('Your changes to this thing are not saved yet.');
    await user.click(screen.getByRole('button', { name: 'Stay here' }));
    await waitFor(() => expect(screen.queryByRole('dialog')).toBeNull());
    expect(history.location.pathname).toBe('/edit');
    expect(screen.getByLabelText('Name')).toHaveValue('x');
    go('/before');
    await user.click(await screen.findByRole('button', { name: 'Leave without saving' }));
    expect(await screen.findByRole('heading', { name: 'Before' })).toBeVisible();
  });

  it('shows who may not change it what is there, and nothing to fill in, send or lose', async () => {
    const { user, go } = await renderForm(() => Promise.resolve('done'), undefined, true);
    await user.type(screen.getByLabelText('Name'), 'x');
    expect(screen.getByLabelText('Name')).toBeDisabled();
    expect(screen.getByLabelText('Name')).toHaveValue('');
    expect(screen.queryByRole('button')).toBeNull();
    go('/before');
    expect(await screen.findByRole('heading', { name: 'Before' })).toBeVisible();
  });

  it('leaves without a question once it is saved', async () => {
    const saved = vi.fn();
    const { user, go } = await renderForm(() => Promise.resolve('done'), saved);
    await user.type(screen.getByLabelText('Name'), 'x');
    await user.click(screen.getByRole('button', { name: 'Save thing' }));
    await waitFor(() => expect(saved).toHaveBeenCalledWith('done'));
    go('/before');
    expect(await screen.findByRole('heading', { name: 'Before' })).toBeVisible();
    expect(screen.queryByRole('dialog')).toBeNull();
  });
});
