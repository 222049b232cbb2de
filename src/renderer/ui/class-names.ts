/** Joins the class names that apply; a module's classes are typed as possibly absent. */
export function classNames(...names: readonly (string | false | null | undefined)[]): string {
  return names.filter(Boolean).join(' ');
}
