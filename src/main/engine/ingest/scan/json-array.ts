/**
 * The elements of a JSON array, each as soon as its text is whole. Only where an element ends is found out here; what it
 * says is read by `JSON.parse`.
 * @param text the array in pieces of any size
 * @param limit longest element, in characters; no more than this and one piece is held
 * @param tooLong makes the error for the element with this number, counted from 1
 * @throws SyntaxError where it is no JSON array; the elements before have been told
 */
export async function* readJsonArray(text: AsyncIterable<string>, limit: number, tooLong: (element: number) => Error): AsyncGenerator {
  let held = '';
  let count = 0;
  // How deep the next character lies: 0 outside of the array, 1 between its elements.
  let depth = 0;
  let inString = false;
  let escaped = false;
  let isClosed = false;
  for await (const piece of text) {
    let start = 0;
    for (let index = 0; index < piece.length; index += 1) {
      const character = piece.charAt(index);
      if (inString) {
        if (!escaped && character === '"') inString = false;
        escaped = !escaped && character === '\\';
        continue;
      }
      if (depth === 0) {
        if (/\s/.test(character)) continue;
        if (character !== '[' || isClosed) throw new SyntaxError(`there is “${character}” ${isClosed ? 'after its end' : 'where it should begin'}`);
        start = index + 1;
      }
      if (character === '"') inString = true;
      else if (character === '[' || character === '{') depth += 1;
      else if (character === ']' || character === '}') depth -= 1;
      isClosed = depth === 0;
      if (!isClosed && (depth > 1 || character !== ',')) continue;
      const element = held + piece.slice(start, index);
      held = '';
      start = index + 1;
      if (element.length > limit) throw tooLong(count + 1);
      if (isClosed && character !== ']') throw new SyntaxError('it ends with “}”');
      // `[]` has no element; any other that is empty is a fault.
      if (isClosed && count === 0 && element.trim() === '') continue;
      yield JSON.parse(element);
      count += 1;
    }
    if (depth > 0) held += piece.slice(start);
    if (held.length > limit) throw tooLong(count + 1);
  }
  if (!isClosed) throw new SyntaxError('it breaks off');
}
