import type { PkgPath } from '../../../src/pkgsrc/package.ts';
import type { PreviousBuild, ReportInput } from '../../../src/report/model.ts';
import { built, makeInput, pkgName } from '../fixture.ts';

const EVIL = `<script>alert(1)</script>"'><img src=x onerror=alert(2)>&`;

/** Every text of a report that comes from packages, make or configuration is `text`. */
export function hostileTree(text = EVIL): ReportInput {
  const reason = text;
  return makeInput(
    [
      { name: text, path: text, maintainer: text, run: { failedIn: 'build', reason } },
      { name: `${text}1`, needs: [text] },
      { name: `${text}2`, path: text, run: built() },
      { name: `${text}3`, state: { kind: 'masked', by: 'fail', reason } },
      { name: `${text}4`, state: { kind: 'indirect', of: 'masked', culprits: [pkgName(text)] } },
      { name: `${text}5`, state: { kind: 'unresolved', reason } },
      { name: `${text}6`, path: text },
      { name: `${text}7`, needs: [`${text}2`], run: { failedIn: 'build', reason, class: 'infra' } },
    ],
    {
      host: text,
      baseUrl: text,
      platform: { opsys: text, osVersion: text, machineArch: text, compiler: text },
      scanFailures: [{ pkgpath: text as PkgPath, reason, detail: `${text}\n${text}` }],
      previous: {
        build: text,
        endedAtMs: 0,
        outcomes: [{ pkgpath: text, pkgbase: `${text}gone`, pkgname: text, status: 'failed', stage: text }],
      },
    },
  );
}

/** A build before the one of `everyStanding`: cairo was good, py312-fuse failed elsewhere, zlib failed. */
export const previousBuild: PreviousBuild = {
  build: '20260227T000001Z-aaa111',
  endedAtMs: Date.UTC(2026, 1, 27, 5),
  outcomes: [
    row('graphics/cairo', 'cairo', '1.18.3', 'built'),
    row('filesystems/py-fuse', 'py312-fuse', '0.9', 'failed', 'build'),
    row('devel/zlib', 'zlib', '1.3', 'failed', 'configure'),
    row('www/gone', 'gone', '1', 'failed', 'build'),
    row('graphics/png', 'png', '1', 'built'),
  ],
};

function row(
  pkgpath: string,
  pkgbase: string,
  version: string,
  status: PreviousBuild['outcomes'][number]['status'],
  stage = '',
): PreviousBuild['outcomes'][number] {
  return { pkgpath, pkgbase, pkgname: `${pkgbase}-${version}`, status, stage };
}
