/**
 * The page's style sheet. On both grounds text has a contrast of at least 4.5 to 1, the large figures of 3 to
 * 1.
 */
export const STYLE = `
:root{color-scheme:light dark;--bg:#f7f7f5;--card:#fff;--fg:#1c2024;--mute:#5b636b;--line:#e1e3e6;
--link:#1a5fb4;
--done:#2b7a4b;--kept:#5f7f57;
--failed:#b3261e;--blocked:#a65400;--masked:#6b7280;--behind:#8a909a;--unresolved:#6d4aa8;
--open:#2f6f9f;
--idle:#c3c8ce;--idle2:#dfe2e6}
@media (prefers-color-scheme:dark){:root{--bg:#131619;--card:#1a1e22;--fg:#e3e6e9;--mute:#9aa3ad;
--line:#2c3238;
--link:#8ab8f5;--done:#63b883;--kept:#8fae88;
--failed:#f28b82;--blocked:#e5a65a;--masked:#9aa3ad;--behind:#78818b;
--unresolved:#b8a0e8;
--open:#7fb5dc;--idle:#4a525a;--idle2:#343b42}}
*{box-sizing:border-box}
html{scroll-padding-top:1rem}
body{margin:0 auto;max-width:72rem;padding:2rem 1.5rem 4rem;background:var(--bg);color:var(--fg);
font:15px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue",Arial,sans-serif}
a{color:var(--link);text-decoration:none}
a:hover,a:focus-visible{text-decoration:underline}
:focus-visible{outline:2px solid var(--link);outline-offset:2px;border-radius:3px}
code,pre{font:.9em/1.45 ui-monospace,SFMono-Regular,Menlo,Consolas,"DejaVu Sans Mono",monospace}
pre{margin:.5rem 0 0;padding:.6rem .8rem;overflow-x:auto;background:var(--bg);border:1px solid var(--line);
border-radius:6px}
ul,ol,dl,dd,p,h1,h2,i{margin:0;padding:0}
ul{list-style:none}
small{display:block;color:var(--mute);font-size:.8rem;font-weight:400;line-height:1.35}
.mute,.note,.count,.more{color:var(--mute);font-weight:400}
.kicker{color:var(--mute);font-size:.8rem;letter-spacing:.06em;text-transform:uppercase}
h1{font-size:1.9rem;line-height:1.2;letter-spacing:-.01em;overflow-wrap:anywhere}
.sub{color:var(--mute);margin-top:.35rem;overflow-wrap:anywhere}
.stopped{margin-top:1rem;padding:.6rem .9rem;border-left:4px solid var(--open);background:var(--card);
border-radius:4px}
.total{margin:1.6rem 0 .4rem;font-weight:600}
.bar{display:block;width:100%;height:12px;border-radius:6px;background:var(--idle2)}
.weight{display:block;width:100%;height:8px}
rect.done,rect.s-busy{fill:var(--done)}rect.failed{fill:var(--failed)}
rect.blocked,rect.s-sandbox{fill:var(--blocked)}
rect.masked{fill:var(--masked)}rect.behind{fill:var(--behind)}rect.unresolved{fill:var(--unresolved)}
rect.open{fill:var(--open)}rect.kept{fill:var(--kept)}
rect.s-starved{fill:var(--idle)}rect.s-stopped{fill:var(--idle2)}
.tiles{display:grid;grid-template-columns:repeat(auto-fit,minmax(8.5rem,1fr));gap:.6rem;margin:.8rem 0 0}
.tiles li>*{display:block;height:100%;padding:.55rem .8rem .6rem;background:var(--card);
border:1px solid var(--line);
border-top:3px solid var(--tone);border-radius:6px;color:var(--mute);font-size:.88rem;line-height:1.3}
.tiles a:hover{border-color:var(--tone);text-decoration:none}
.tiles b{display:block;color:var(--tone);font-size:1.55rem;line-height:1.25;font-variant-numeric:tabular-nums}
.tiles .done{--tone:var(--done)}.tiles .kept{--tone:var(--kept)}
.tiles .failed{--tone:var(--failed)}.tiles .blocked{--tone:var(--blocked)}
.tiles .masked{--tone:var(--masked)}.tiles .behind{--tone:var(--behind)}
.tiles .unresolved{--tone:var(--unresolved)}
.tiles .open,.tiles .scan{--tone:var(--open)}
.times{display:grid;grid-template-columns:repeat(auto-fit,minmax(11rem,1fr));gap:.6rem 1.6rem;
margin:1.6rem 0 1.2rem}
.times dt{color:var(--mute);font-size:.88rem}
.times dd{font-size:1.25rem;font-weight:600;font-variant-numeric:tabular-nums}
.compared{margin-top:1rem;padding:.6rem .9rem;background:var(--card);border:1px solid var(--line);
border-radius:6px;overflow-wrap:anywhere}
.bad{color:var(--failed)}.good{color:var(--done)}
.barname{color:var(--mute);font-size:.88rem;margin-bottom:.3rem}
.legend{display:flex;flex-wrap:wrap;gap:.2rem 1.4rem;margin-top:.5rem;font-size:.88rem}
.legend li::before{content:"";display:inline-block;width:.7em;height:.7em;margin-right:.45em;
border-radius:2px;background:var(--tone)}
.legend .s-busy{--tone:var(--done)}.legend .s-sandbox{--tone:var(--blocked)}
.legend .s-starved{--tone:var(--idle)}.legend .s-stopped{--tone:var(--idle2)}
.path{margin-top:.8rem;font-size:.92rem}
.path ol{columns:18rem;margin:.4rem 0 0;padding-left:2.4em}
.find{position:sticky;top:0;z-index:2;display:flex;align-items:center;gap:.8rem;margin:1.6rem 0 0;
padding:.6rem 0;background:var(--bg)}
.find[hidden]{display:none}
.find input{flex:1;max-width:26rem;padding:.45rem .7rem;font:inherit;color:inherit;background:var(--card);
border:1px solid var(--line);border-radius:6px}
summary{cursor:pointer}
summary h2{display:inline;font-size:1.15rem}
.part{margin-top:1rem;padding:.8rem 1.1rem;background:var(--card);border:1px solid var(--line);
border-radius:8px}
.part[open]>summary{margin-bottom:.6rem}
.part[hidden]{display:none}
.note{font-size:.92rem;margin-bottom:.5rem}
table{width:100%;border-collapse:collapse;font-variant-numeric:tabular-nums;table-layout:fixed}
th,td{padding:.35rem .9rem .35rem 0;text-align:left;vertical-align:top;border-top:1px solid var(--line);
overflow-wrap:anywhere}
th{border-top:0;color:var(--mute);font-size:.82rem;font-weight:500;white-space:nowrap}
th button{all:unset;cursor:pointer}
th button:hover{color:var(--fg)}
th button:focus-visible{outline:2px solid var(--link)}
th[aria-sort=ascending] button::after{content:" \\2191"}
th[aria-sort=descending] button::after{content:" \\2193"}
th:last-child,td:last-child{padding-right:0}
.number{text-align:right;white-space:nowrap}
.failures th:nth-child(2),.failures th:nth-child(3):not(.number){width:8.5rem}
.failures th.number{width:5.5rem}.failures th.extra{width:14rem}
.failures tr.sub td{border-top:0;padding-top:0;padding-bottom:.6rem;font-size:.92rem}
.failures .sub{margin:0;color:inherit}
.plain{table-layout:auto}
.stage{display:inline-block;padding:0 .5em;border:1px solid currentColor;border-radius:4px;
color:var(--failed);font-size:.88rem;white-space:nowrap}
a.stage{text-decoration:underline;text-underline-offset:2px}
.since{font-size:.88rem;color:var(--mute)}
.since.new{color:var(--failed);font-weight:600}
.badge{display:inline-block;padding:0 .5em;border-radius:4px;background:var(--open);color:var(--card);
font-size:.78rem}
.why{overflow-wrap:anywhere}
.narrow{display:none}
.run{color:var(--mute);font-size:.88rem}
.run a{margin-left:.5em}
.run>*+span{margin-left:1em}
.names>*{display:inline-block;margin-right:.4em;overflow-wrap:anywhere}
.broken{font-size:.92rem}
.broken summary{color:var(--link)}
.broken .names{display:block;padding:.3rem 0 .2rem 1rem;border-left:2px solid var(--line);max-height:22rem;
overflow:auto}
.more{all:unset;color:var(--link);cursor:pointer}
.more:hover{text-decoration:underline}
.more:focus-visible{outline:2px solid var(--link)}
.more[hidden],.end[hidden]{display:none}
.end{height:1px}
.culprits th:first-child,.reasons th:first-child{width:38%}
.reasons th.number{width:5rem}
.fixed th:nth-child(2){width:12rem}.fixed th:nth-child(3){width:8rem}
.built th:nth-child(1){width:30%}.built th:nth-child(3){width:6.5rem}.built th:nth-child(4){width:4rem}
.built th:nth-child(5){width:6.5rem}.built th:nth-child(6){width:8rem}
.target>tr:first-child>td:first-child{box-shadow:-.6rem 0 0 var(--card),-.8rem 0 0 var(--link)}
.part{scroll-margin-top:4rem}
footer{margin-top:2.5rem;color:var(--mute);font-size:.88rem}
@media (max-width:40rem){
body{padding:1.2rem .9rem 3rem}
h1{font-size:1.5rem}
.part{padding:.7rem .8rem}
.tiles{grid-template-columns:repeat(2,1fr)}
.times{grid-template-columns:repeat(2,1fr)}
.extra{display:none}
.run>.narrow{display:block;margin-left:0}
.built th:nth-child(1){width:auto}.built th:nth-child(3){width:5.2rem}.built th:nth-child(5){width:5.5rem}
th,td{padding-right:.6rem}
table:not(.built) tr{display:flex;flex-wrap:wrap;gap:.1rem .9rem;align-items:baseline}
table:not(.built) tbody{display:block;border-top:1px solid var(--line);padding:.4rem 0}
table:not(.built) :is(td,th){display:block;width:auto!important;border-top:0;padding:0;text-align:left}
table:not(.built) td.extra{display:none}
table:not(.built) thead tr{padding-bottom:.3rem}
table:not(.built) tbody td:first-child,table:not(.built) .wide{flex:0 0 100%}
table:not(.built) th.wide{flex:none}
.failures td.number:has(+.extra)::before,.reasons td.number::before{content:"breaks "}
.reasons td.number{color:var(--mute);font-size:.88rem}
}
@media print{
:root{--bg:#fff;--card:#fff;--line:#ccc}
body{max-width:none;padding:0;font-size:10pt}
.find{display:none!important}
.part{border:0;padding:0}
.more{display:none}
tr,tbody{break-inside:avoid}
svg{-webkit-print-color-adjust:exact;print-color-adjust:exact}
a{color:inherit}
}
`;
