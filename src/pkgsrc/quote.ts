/** Characters of somebody else's text that a reason shows. */
const SHOWN_MAX = 120;

/** Text as it is, or its beginning where it is longer than a reason should be. */
export function shorten(text: string): string {
  return text.length <= SHOWN_MAX ? text : `${text.slice(0, SHOWN_MAX)}...`;
}

/** Text in double quotes, with anything unprintable escaped, shortened. */
export function quote(text: string): string {
  return JSON.stringify(shorten(text));
}
