import { useState } from 'react';

/** Values that are being edited, and whether they differ from what they began as. */
export function useDraft<T extends object>(initial: T) {
  const [draft, setDraft] = useState(initial);
  const [base, setBase] = useState(initial);
  const set = <K extends keyof T>(key: K, value: T[K]) => setDraft((present) => ({ ...present, [key]: value }));
  return {
    draft,
    set,
    patch: (part: Partial<T>) => setDraft((present) => ({ ...present, ...part })),
    changed: JSON.stringify(draft) !== JSON.stringify(base),
    /** Begins again from these values. */
    restart: (values: T) => {
      setBase(values);
      setDraft(values);
    },
    undo: () => setDraft(base),
  };
}
