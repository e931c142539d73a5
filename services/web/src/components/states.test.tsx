import { MantineProvider } from '@mantine/core';
import { render, screen } from '@testing-library/react';
import { expect, it, vi } from 'vitest';
import { ApiError } from '@/api/errors';
import { ErrorState } from './states';

const show = (error: unknown) =>
  render(
    <MantineProvider env="test">
      <ErrorState title="Agents could not be loaded" error={error} onRetry={vi.fn()} />
    </MantineProvider>,
  );

it('offers another try after a failure', () => {
  show(new ApiError(500, 'Something went wrong.', {}));
  expect(screen.getByRole('heading', { name: 'Agents could not be loaded' })).toBeVisible();
  expect(screen.getByRole('button', { name: 'Try again' })).toBeVisible();
});

it('says what is missing, and not that something failed, where the role does not allow it', () => {
  show(new ApiError(403, 'You do not have permission to perform this action.', {}));
  expect(screen.getByRole('alert')).toHaveTextContent('Your role does not allow it.');
  expect(screen.queryByRole('button')).toBeNull();
});
