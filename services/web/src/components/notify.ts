import { notifications } from '@mantine/notifications';
import { ApiError, messageOf } from '@/api/errors';

export function notifyDone(message: string): void {
  notifications.show({ message, autoClose: 4000, withBorder: true });
}

/** Failures stay until they are dismissed: nobody should have to read against a clock. */
export function notifyFailed(title: string, error: unknown): void {
  const id = error instanceof ApiError && error.requestId ? ` (request ${error.requestId})` : '';
  notifications.show({ title, message: messageOf(error) + id, color: 'red', autoClose: false, withBorder: true, role: 'alert' });
}
