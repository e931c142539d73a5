import { useEffect, useRef } from 'react';

/** After each refused try, brings the first field that is marked as wrong into view and puts the cursor there. */
export function useFirstWrong(attempts: number) {
  const form = useRef<HTMLFormElement>(null);
  useEffect(() => {
    if (attempts === 0) return;
    form.current?.querySelector<HTMLElement>('[aria-invalid="true"]')?.focus();
  }, [attempts]);
  return form;
}
