import { z } from 'zod';

const addresses = (value: readonly string[], description: string) =>
  z
    .array(z.string())
    .default([...value])
    .meta({ description });

/** The section `[mesh]`. */
export const meshSchema = z.strictObject({
  key: z
    .string()
    .optional()
    .meta({
      description:
        'The file with the mesh key, which is the same on all hosts of a mesh. Where there is none, this host builds alone ' +
        'and listens nowhere. Never where a sandbox sees it.',
      absent: 'mesh.key in paths.state',
      example: '/root/mesh.key',
    }),
  listen: addresses(
    ['0.0.0.0:28550'],
    'Where other hosts reach this one: IP:PORT for each address to listen at; 0.0.0.0 and [::] are all of them. Empty: ' +
      'nowhere, this host calls the others.',
  ),
  join: addresses([], 'HOST or HOST:PORT of other hosts. One that is there is enough: it tells of the rest.'),
  advertise: addresses(
    [],
    'HOST:PORT by which this host can be reached as well, beyond the address that others see: behind NAT, say.',
  ),
  name: z.string().optional().meta({
    description: 'What people call this host.',
    absent: 'the host name',
    example: 'build1',
  }),
  shared: z
    .boolean()
    .default(false)
    .meta({
      description:
        'The paths packages, distfiles, bulklog and pkgsrc are the same files on all hosts, as over NFS: nothing is copied. ' +
        'The same must be said on all hosts.',
    }),
  coordinate: z
    .enum(['prefer', 'allow', 'never'])
    .default('allow')
    .meta({
      description:
        'Whether this host may be the one that deals out the work. prefer: rather than others; for a host that is never ' +
        'switched off. Any host can take over from one that is lost.',
    }),
});
