/** Why a text is no JSON, or null. Placeholders may stand inside of strings; an empty text is an empty object. */
export function jsonProblem(text: string): string | null {
  if (text.trim() === '') return null;
  try {
    JSON.parse(text);
    return null;
  } catch (error) {
    return `This is no JSON: ${error instanceof Error ? error.message : 'unreadable'}`;
  }
}

/** What the test sends for an empty text: the interface wants something. */
export function orEmptyObject(text: string | null): string {
  return text?.trim() ? text : '{}';
}
