import { useState } from 'react';
import { ApiError } from '@/api/errors';

/** Sends something once at a time and keeps what the server said against it. */
export function useSave<R>(save: () => Promise<R>, onSaved: (reply: R) => void | Promise<void>) {
  const [busy, setBusy] = useState(false);
  const [tried, setTried] = useState(false);
  const [error, setError] = useState<unknown>(null);
  const submit = async (complete: boolean) => {
    setTried(true);
    setError(null);
    if (!complete || busy) return;
    setBusy(true);
    try {
      const reply = await save();
      setTried(false);
      await onSaved(reply);
    } catch (cause) {
      setError(cause);
    } finally {
      setBusy(false);
    }
  };
  return { busy, error, fields: error instanceof ApiError ? error.fields : {}, tried, submit };
}
