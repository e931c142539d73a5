import { useState } from 'react';
import { messageOf } from '@/api/errors';

/** Runs a form's action once at a time and keeps its refusal. */
export function useSubmit<T extends unknown[]>(action: (...args: T) => Promise<void>) {
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<string | null>(null);
  const submit = async (...args: T): Promise<boolean> => {
    if (busy) return false;
    setBusy(true);
    setError(null);
    try {
      await action(...args);
      return true;
    } catch (cause) {
      setError(messageOf(cause));
      return false;
    } finally {
      setBusy(false);
    }
  };
  return { busy, error, submit };
}
