// The elements of a JSON array as texts of their own, unchanged to the byte. Pure.

const openers = '{[';
const closers = '}]';
const blank = /^[ \t\r\n]*$/;

/**
 * Undefined where the text is no array. Whether each element is JSON is for whoever parses it. Of an array that was `cut` off, the
 * elements that are whole.
 */
export function elementsOf(text: string, cut = false): string[] | undefined {
  const start = text.indexOf('[');
  if (start < 0 || !blank.test(text.slice(0, start))) return undefined;
  const elements: string[] = [];
  let depth = 0;
  let from = start + 1;
  for (let at = start; at < text.length; at++) {
    const letter = text[at] as string;
    if (letter === '"') {
      at = endOfString(text, at);
    } else if (openers.includes(letter)) {
      depth++;
    } else if (letter === ',' && depth === 1) {
      elements.push(text.slice(from, at).trim());
      from = at + 1;
    } else if (closers.includes(letter) && --depth === 0) {
      const last = text.slice(from, at).trim();
      if (last !== '' || elements.length > 0) elements.push(last);
      return blank.test(text.slice(at + 1)) ? elements : undefined;
    }
  }
  return cut ? elements : undefined;
}

/** Where its closing quote is; the text's end where there is none. */
function endOfString(text: string, opening: number): number {
  for (let at = opening + 1; at < text.length; at++) {
    if (text[at] === '\\') at++;
    else if (text[at] === '"') return at;
  }
  return text.length;
}
