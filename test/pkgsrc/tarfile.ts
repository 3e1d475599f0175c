import { gzipSync } from 'node:zlib';

/** A ustar archive of the given members, in their order. */
export function makeTar(members: readonly (readonly [string, string])[]): Buffer {
  const blocks = members.flatMap(([name, text]) => {
    const data = Buffer.from(text);
    const padding = Buffer.alloc((512 - (data.length % 512)) % 512);
    return [makeHeader(name, data.length), data, padding];
  });
  return Buffer.concat([...blocks, Buffer.alloc(1024)]);
}

/** The bytes of a small binary package. */
export const makePackage = (
  pkgname: string,
  more: readonly (readonly [string, string])[] = [['bin/tool', 'x'.repeat(2000)]],
): Buffer =>
  gzipSync(
    makeTar([
      ['+CONTENTS', `@name ${pkgname}\n@cwd /usr/pkg\nbin/tool\n`],
      ['+COMMENT', 'A tool\n'],
      ['+DESC', 'A tool.\n'],
      ...more,
    ]),
  );

function makeHeader(name: string, sizeBytes: number, type = '0'): Buffer {
  const header = Buffer.alloc(512);
  header.write(name, 0);
  header.write('0000644\0', 100);
  header.write(`${sizeBytes.toString(8).padStart(11, '0')}\0`, 124);
  header.write('00000000000\0', 136);
  header.write('        ', 148);
  header.write(type, 156);
  header.write('ustar\x0000', 257);
  const sum = header.reduce((total, byte) => total + byte, 0);
  header.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148);
  return header;
}
