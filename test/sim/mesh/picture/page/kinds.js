/** The kinds of messages in families: each has a colour and a button. */

export const FAMILIES = [
  { name: 'Leadership', tone: 'lead', kinds: ['canvass', 'canvassed', 'lead', 'resign'] },
  { name: 'Work', tone: 'work', kinds: ['grant', 'started', 'returned', 'drop', 'cancel', 'retract'] },
  { name: 'Steals', tone: 'steal', kinds: ['steal', 'give', 'none', 'taken', 'ask', 'nothave', 'moved'] },
  { name: 'Holdings', tone: 'hold', kinds: ['hold'] },
  { name: 'Journals', tone: 'entries', kinds: ['entries', 'vector', 'plans'] },
  { name: 'Files', tone: 'file', kinds: ['copy'] },
  { name: 'Liveness', tone: 'alive', kinds: ['heartbeat', 'probe', 'probed', 'evicted', 'leave'] },
];

export const toneOfKind = (kind) => FAMILIES.find(({ kinds }) => kinds.includes(kind))?.tone ?? 'alive';
