/** The order of names for people: `Site 2` before `Site 10`, capitals beside small letters. */
export function byName<T extends { name: string }>(a: T, b: T): number {
  return a.name.localeCompare(b.name, undefined, { numeric: true, sensitivity: 'base' });
}
