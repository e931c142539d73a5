/** Readers of single search parameters. What is not understood counts as absent. */

export function optionalText(value: unknown): string | undefined {
  if (typeof value === 'number') return String(value);
  return typeof value === 'string' && value !== '' ? value : undefined;
}

export function optionalId(value: unknown): number | undefined {
  const number = Number(optionalText(value));
  return Number.isInteger(number) && number > 0 ? number : undefined;
}

export function oneOf<const T extends readonly string[]>(value: unknown, allowed: T): T[number] | undefined {
  return allowed.find((each) => each === value);
}

/** Some of the allowed words: joined by commas in the address, a list once it was read (the router reads again what was read). */
export function someOf<const T extends readonly string[]>(value: unknown, allowed: T): T[number][] | undefined {
  const words: unknown[] = Array.isArray(value) ? value : (optionalText(value)?.split(',') ?? []);
  const found = allowed.filter((each) => words.includes(each));
  return found.length > 0 ? found : undefined;
}
