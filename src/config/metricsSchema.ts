import { z } from 'zod';

/** The section `[metrics]`. */
export const metricsSchema = z.strictObject({
  listen: z
    .string()
    .optional()
    .meta({
      description:
        'IP:PORT where the agent gives figures of itself for Prometheus, at /metrics, without encryption. An address that ' +
        'is not of this host alone (127.0.0.1, [::1]) needs a token.',
      absent: 'nowhere',
      example: '127.0.0.1:28551',
    }),
  token: z
    .string()
    .optional()
    .meta({
      description:
        'A file with one line, the token that whoever reads the figures must show: "Authorization: Bearer TOKEN". Looked at ' +
        'when the agent starts.',
      absent: 'none',
      example: '/root/metrics.token',
    }),
});
