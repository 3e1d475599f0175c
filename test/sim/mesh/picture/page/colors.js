/** The colours of the style sheet as canvases want them, and patterns made of them. */

const NAMES = [
  ...['bg', 'row', 'alt', 'fg', 'mute', 'line', 'faint', 'ink', 'accent', 'down', 'bad', 'queue', 'chore'],
  ...[
    'built',
    'built-b',
    'built-c',
    'failed',
    'troubled',
    'cancelled',
    'lost',
    'running',
    'fault',
    'fault-soft',
  ],
  ...['lead', 'work', 'steal', 'hold', 'entries', 'file', 'alive', 'side-a', 'side-b', 'side-c'],
];
const LEADERS = 8;

export const readColors = () => {
  const probe = document.createElement('i');
  document.body.append(probe);
  const read = (name) => {
    probe.style.color = `var(--${name})`;
    return getComputedStyle(probe).color;
  };
  const colors = Object.fromEntries(NAMES.map((name) => [name, read(name)]));
  colors.leaders = Array.from({ length: LEADERS }, (_, i) => read(`leader-${i}`));
  probe.remove();
  const patterns = new Map();
  /** Slanted lines in a colour; `way` 1 or -1. */
  colors.hatch = (context, name, way = 1, gap = 6) => {
    const key = `${name}.${way}.${gap}`;
    if (!patterns.has(key)) patterns.set(key, makeHatch(context, colors[name], way, gap));
    return patterns.get(key);
  };
  return colors;
};

const makeHatch = (context, color, way, gap) => {
  const ratio = devicePixelRatio;
  const tile = document.createElement('canvas');
  const size = Math.round(gap * ratio);
  tile.width = size;
  tile.height = size;
  const pen = tile.getContext('2d');
  pen.strokeStyle = color;
  pen.lineWidth = 1.2 * ratio;
  pen.beginPath();
  for (const shift of [-size, 0, size]) {
    pen.moveTo(shift + (way > 0 ? 0 : size), size);
    pen.lineTo(shift + (way > 0 ? size : 0), 0);
  }
  pen.stroke();
  const pattern = context.createPattern(tile, 'repeat');
  pattern.setTransform(new DOMMatrix().scale(1 / ratio));
  return pattern;
};

/** The colour of whoever leads. */
export const colorOfLeader = ({ data, colors }, host) =>
  colors.leaders[Math.max(0, data.leaders.indexOf(host)) % LEADERS];
