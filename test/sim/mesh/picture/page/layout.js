/** Where the rows, lanes and bands of the hosts are, from the top of all rows. */

const FLAGS = 12;
const STRIP = 13;
const QUEUE = 8;
const PAD = 4;
const LANE = { least: 5, most: 26, gap: 1 };

/** `height`: what is in sight; lanes are as high as lets all rows be in it, within limits. */
export const layOut = (data, height) => {
  const lanes = data.hosts.reduce((sum, host) => sum + Math.max(1, host.lanes.length), 0);
  const flagged = new Set(data.faults.map(rowOfFlag));
  const fixed = data.hosts.length * (STRIP + QUEUE + 3 * PAD) + flagged.size * FLAGS;
  const ideal = Math.floor((height - fixed) / Math.max(1, lanes)) - LANE.gap;
  const laneHeight = Math.min(LANE.most, Math.max(LANE.least, ideal));
  let top = 0;
  const rows = data.hosts.map((host, index) => {
    const lanesHeight = Math.max(1, host.lanes.length) * (laneHeight + LANE.gap);
    const stripTop = top + PAD + (flagged.has(index) ? FLAGS : 0);
    const lanesTop = stripTop + STRIP + 2;
    const queueTop = lanesTop + lanesHeight + 1;
    const height = queueTop + QUEUE + 2 * PAD - 3 - top;
    const row = {
      ...{ index, top, height, stripTop, lanesTop, lanesHeight, queueTop },
      ...{ stripHeight: STRIP, queueHeight: QUEUE },
    };
    top += height;
    return row;
  });
  const laneTop = (row, lane) => row.lanesTop + lane * (laneHeight + LANE.gap);
  return { rows, laneHeight, laneTop, height: top };
};

/** Which host's row has the flag of a fault: the upper one of two; the first row for what concerns all. */
export const rowOfFlag = ({ hosts }) => (hosts.length === 0 ? 0 : Math.min(...hosts));

/** Where arrows of a host begin and end. */
export const anchorOf = (row) => row.stripTop + row.stripHeight - 1;

export const rowAt = ({ rows }, y) => rows.find((row) => y >= row.top && y < row.top + row.height);
