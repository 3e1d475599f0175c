import type { ClientOptions } from 'ws';
import type { MeshLimits } from './limits.ts';

/** What both ends tell the WebSocket library. */
export const webSocketLimits = (limits: MeshLimits) =>
  ({
    perMessageDeflate: false,
    maxPayload: limits.messageBytesMax,
    // Agents send whole messages; a few parts and pieces may be, thousands cost memory.
    maxFragments: 16,
    maxBufferedChunks: 4_096,
    closeTimeout: limits.closeMs,
    // Nobody here pings, and answers would pile up for a peer that reads none.
    autoPong: false,
  }) satisfies ClientOptions & { readonly closeTimeout: number };
