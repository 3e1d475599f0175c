/** Where the rows, lanes and bands of the hosts are, from the top of all rows. */

const STRIP = 13;
const QUEUE = 8;
const PAD = 4;
const LANE = { least: 5, most: 26, gap: 1 };

/** `height`: what is in sight; lanes are as high as lets all rows be in it, within limits. */
export const layOut = (data, height) => {
  const lanes = data.hosts.reduce((sum, host) => sum + Math.max(1, host.lanes.length), 0);
  const fixed = data.hosts.length * (STRIP + QUEUE + 3 * PAD);
  const ideal = Math.floor((height - fixed) / Math.max(1, lanes)) - LANE.gap;
  const laneHeight = Math.min(LANE.most, Math.max(LANE.least, ideal));
  let top = 0;
  const rows = data.hosts.map((host, index) => {
    const lanesHeight = Math.max(1, host.lanes.length) * (laneHeight + LANE.gap);
    const row = {
      index,
      top,
      stripTop: top + PAD,
      stripHeight: STRIP,
      lanesTop: top + PAD + STRIP + 2,
      lanesHeight,
      queueTop: top + PAD + STRIP + 3 + lanesHeight,
      queueHeight: QUEUE,
      height: STRIP + lanesHeight + QUEUE + 3 * PAD,
    };
    top += row.height;
    return row;
  });
  const laneTop = (row, lane) => row.lanesTop + lane * (laneHeight + LANE.gap);
  return { rows, laneHeight, laneTop, height: top };
};

/** Where arrows of a host begin and end. */
export const anchorOf = (row) => row.stripTop + row.stripHeight - 1;

export const rowAt = ({ rows }, y) => rows.find((row) => y >= row.top && y < row.top + row.height);
