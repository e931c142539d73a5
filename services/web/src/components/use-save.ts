import { useState } from 'react';
import { ApiError } from '@/api/errors';

/** Sends something once at a time and keeps what the server said against it. `attempts` counts the refused tries. */
export function useSave<R>(save: () => Promise<R>, onSaved: (reply: R) => void | Promise<void>) {
  const [busy, setBusy] = useState(false);
  const [tried, setTried] = useState(false);
  const [attempts, setAttempts] = useState(0);
  const [error, setError] = useState<unknown>(null);
  const submit = async (complete: boolean) => {
    setTried(true);
    setError(null);
    if (busy) return;
    if (!complete) {
      setAttempts((before) => before + 1);
      return;
    }
    setBusy(true);
    try {
      const reply = await save();
      setTried(false);
      await onSaved(reply);
    } catch (cause) {
      setError(cause);
      setAttempts((before) => before + 1);
    } finally {
      setBusy(false);
    }
  };
  return { busy, error, fields: error instanceof ApiError ? error.fields : {}, tried, attempts, submit };
}
