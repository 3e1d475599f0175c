import { FAMILIES } from './kinds.js';
import { button, count, make } from './words.js';

/** The buttons that choose which messages are drawn: one for each family, and for each kind of a chosen one. */
export const createKindBar = (app) => {
  const bar = document.querySelector('.kinds');
  const { messages, unkept } = app.data;
  const known = FAMILIES.map((family) => ({
    ...family,
    places: family.kinds.map((kind) => messages.kinds.indexOf(kind)),
  }));
  const each = make('span', 'tools');
  const refresh = () => {
    for (const { element, places } of families) {
      element.ariaPressed = String(places.some((place) => app.shown.has(place)));
    }
    each.replaceChildren();
    for (const { tone, places } of families) {
      if (!places.some((place) => app.shown.has(place)) || places.length < 2) continue;
      for (const place of places) each.append(makeKind(app, tone, place, refresh));
    }
    if (each.childElementCount > 0) each.prepend(make('span', 'sep'));
    app.onKinds();
  };
  const families = known.flatMap(({ name, tone, kinds, places }) => {
    const here = places.filter((place) => place >= 0);
    const lost = unkept.filter(({ kind }) => kinds.includes(kind));
    if (here.length === 0 && lost.length === 0) return [];
    const number = here.reduce((sum, place) => sum + messages.counts[place], 0);
    const element = button(`t-${tone}`, `${name} ${count(number)}`, () => {
      const isOn = here.some((place) => app.shown.has(place));
      for (const place of here) {
        if (isOn) app.shown.delete(place);
        else app.shown.add(place);
      }
      refresh();
    });
    element.disabled = here.length === 0;
    if (lost.length > 0) {
      element.title = `Too many to keep: ${lost.map((one) => `${count(one.count)} ${one.kind}`).join(', ')}`;
    }
    return [{ element, tone, places: here }];
  });
  bar.append(...families.map(({ element }) => element), each, make('span', 'mute leftout'));
  refresh();
  return refresh;
};

const makeKind = (app, tone, place, refresh) => {
  const { messages } = app.data;
  const element = button(
    `each t-${tone}`,
    `${messages.kinds[place]} ${count(messages.counts[place])}`,
    () => {
      if (app.shown.has(place)) app.shown.delete(place);
      else app.shown.add(place);
      refresh();
    },
  );
  element.ariaPressed = String(app.shown.has(place));
  return element;
};
