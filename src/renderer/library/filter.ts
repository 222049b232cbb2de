/** Splits a filter expression into its terms, as written: blanks separate them, except inside double quotes. */
export function filterTerms(expression: string): readonly string[] {
  return expression.match(/(?:[^\s"]|"(?:[^"\\]|\\.)*"?)+/g) ?? [];
}

export function hasTerm(expression: string, term: string): boolean {
  return filterTerms(term).every((part) => filterTerms(expression).includes(part));
}

/** Adds the term, or removes it where it is there already. */
export function toggleTerm(expression: string, term: string): string {
  const parts = filterTerms(term);
  const terms = filterTerms(expression);
  const next = hasTerm(expression, term) ? terms.filter((existing) => !parts.includes(existing)) : [...terms, ...parts];
  return next.join(' ');
}

export function removeTermAt(expression: string, index: number): string {
  return filterTerms(expression).filter((_, place) => place !== index).join(' ');
}
