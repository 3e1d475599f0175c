/** What has gone over all connections of an agent since it was opened, but for pings. */
export interface MeshTraffic {
  readonly bytesIn: number;
  readonly bytesOut: number;
  /** Messages by kind; one that goes to three hosts counts three times. */
  readonly heard: ReadonlyMap<string, number>;
  readonly sent: ReadonlyMap<string, number>;
}

/** Counts it. */
export class TrafficMeter implements MeshTraffic {
  bytesIn = 0;
  bytesOut = 0;
  readonly heard = new Map<string, number>();
  readonly sent = new Map<string, number>();

  noteHeard(kind: string, sizeBytes: number): void {
    this.bytesIn += sizeBytes;
    this.heard.set(kind, (this.heard.get(kind) ?? 0) + 1);
  }

  noteSent(kind: string, sizeBytes: number): void {
    this.bytesOut += sizeBytes;
    this.sent.set(kind, (this.sent.get(kind) ?? 0) + 1);
  }
}
