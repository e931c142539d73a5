/** Comparing two JSON values leaf by leaf, for showing what a change changed. */

export type ChangeKind = 'added' | 'removed' | 'changed' | 'same';

export interface Change {
  /** Where: `sites.0.name`. Empty for a value that is no object. */
  path: string;
  kind: ChangeKind;
  before: string | null;
  after: string | null;
}

/** Every leaf of both values with what became of it, in the order of the later value, then what is gone. */
export function diff(before: unknown, after: unknown): Change[] {
  const old = leaves(before);
  const now = leaves(after);
  const changes: Change[] = [];
  for (const [path, value] of now) {
    const was = old.get(path);
    if (was === undefined) changes.push({ path, kind: 'added', before: null, after: value });
    else changes.push({ path, kind: was === value ? 'same' : 'changed', before: was, after: value });
  }
  for (const [path, value] of old) if (!now.has(path)) changes.push({ path, kind: 'removed', before: value, after: null });
  return changes;
}

function leaves(value: unknown): Map<string, string> {
  const found = new Map<string, string>();
  const walk = (each: unknown, path: string) => {
    if (Array.isArray(each) && each.every((item) => typeof item !== 'object' || item === null)) {
      found.set(path, each.map(textOf).join('\n'));
    } else if (typeof each === 'object' && each !== null) {
      for (const [key, inner] of Object.entries(each)) walk(inner, path ? `${path}.${key}` : key);
    } else if (each !== undefined && !(path === '' && each === null)) {
      found.set(path, textOf(each));
    }
  };
  walk(value, '');
  return found;
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}
