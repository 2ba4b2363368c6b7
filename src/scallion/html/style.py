"""How a report looks: on a light or a dark screen, on a phone, on paper."""

CSS = """
:root {
  color-scheme: light dark;
  --paper: #fdfcfa; --ink: #22262b; --soft: #68707a; --line: #e4e1db; --tint: #f4f2ed;
  --blue: #1f5f99; --green: #2f7a4f; --amber: #a66300; --red: #b3372a;
}
@media (prefers-color-scheme: dark) {
  :root {
    --paper: #16181b; --ink: #dfe2e5; --soft: #979fa8; --line: #2d3136; --tint: #1e2125;
    --blue: #7db4e6; --green: #79c495; --amber: #e0ab56; --red: #ef8a7d;
  }
  .chart { filter: invert(1) hue-rotate(180deg) brightness(0.9); mix-blend-mode: lighten; }
}
@media (prefers-color-scheme: light) { .chart { mix-blend-mode: multiply; } }
* { box-sizing: border-box; }
html { -webkit-text-size-adjust: 100%; }
body {
  margin: 0; background: var(--paper); color: var(--ink);
  font: 16px/1.6 system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", sans-serif;
  font-variant-numeric: tabular-nums;
}
main { max-width: 47rem; margin: 0 auto; padding: 3.5rem 1.25rem 5rem; }
header { margin-bottom: 2.5rem; }
.kicker { margin: 0; color: var(--soft); font-size: 0.875rem; letter-spacing: 0.02em; }
h1 { margin: 0.25rem 0 0.75rem; font-size: 2rem; line-height: 1.2; font-weight: 650;
     letter-spacing: -0.015em; }
h2 { margin: 3.25rem 0 0.9rem; padding-top: 1.1rem; border-top: 1px solid var(--line);
     font-size: 1.2rem; line-height: 1.3; font-weight: 650; letter-spacing: -0.005em; }
h3 { margin: 1.8rem 0 0.5rem; font-size: 1rem; font-weight: 650; }
p { margin: 0 0 0.9rem; max-width: 42rem; }
a { color: var(--blue); text-underline-offset: 0.15em; }
.lead { font-size: 1.1rem; line-height: 1.55; }
.note { color: var(--soft); font-size: 0.9rem; }
nav { margin: 1.4rem 0 0; font-size: 0.9rem; line-height: 1.9; }
nav a { margin-right: 1rem; text-decoration: none; white-space: nowrap; }
.figures { display: grid; grid-template-columns: repeat(auto-fit, minmax(9.5rem, 1fr));
           gap: 1.25rem; margin: 1.8rem 0 0; }
.figures dt { color: var(--soft); font-size: 0.85rem; }
.figures dd { margin: 0; font-size: 1.6rem; line-height: 1.25; font-weight: 600;
              letter-spacing: -0.01em; }
.figures small { display: block; color: var(--soft); font-size: 0.8rem; font-weight: 400;
                 letter-spacing: 0; line-height: 1.4; }
.finding { margin: 0 0 1.2rem; padding-left: 1rem; border-left: 3px solid var(--green); }
.finding.warning { border-color: var(--amber); }
.finding.error { border-color: var(--red); }
.finding p { margin: 0 0 0.3rem; }
.finding .kind { color: var(--green); font-size: 0.85rem; font-weight: 600; }
.finding.warning .kind { color: var(--amber); }
.finding.error .kind { color: var(--red); }
.finding .try { color: var(--soft); }
figure { margin: 1.2rem 0 1.6rem; }
figure img { display: block; max-width: 100%; height: auto; margin: 0 auto; }
figure svg { display: block; max-width: 100%; height: auto; margin: 0 auto; }
figcaption { margin-top: 0.6rem; color: var(--soft); font-size: 0.875rem; line-height: 1.5; }
.wide { overflow-x: auto; margin: 0 0 1.2rem; }
table { width: 100%; border-collapse: collapse; font-size: 0.9rem; line-height: 1.4; }
th { text-align: left; font-weight: 600; color: var(--soft); font-size: 0.8rem;
     border-bottom: 1px solid var(--line); padding: 0.3rem 0.9rem 0.35rem 0; }
td { border-bottom: 1px solid var(--line); padding: 0.4rem 0.9rem 0.4rem 0;
     vertical-align: baseline; }
th.n, td.n { text-align: right; white-space: nowrap; }
td.w, th.w { white-space: nowrap; }
td:last-child, th:last-child { padding-right: 0; }
tr:last-child td { border-bottom: 0; }
.bar { display: block; width: 7rem; height: 0.5rem; background: var(--tint);
       border-radius: 0.25rem; }
.bar i { display: block; height: 100%; border-radius: 0.25rem; background: var(--blue);
         opacity: 0.75; }
.pair { display: grid; grid-template-columns: 1fr 1fr; gap: 1rem; }
code, pre { font: 0.86em/1.5 ui-monospace, SFMono-Regular, Menlo, Consolas, monospace; }
pre { margin: 0 0 1rem; padding: 0.8rem 1rem; background: var(--tint); border-radius: 0.4rem;
      white-space: pre-wrap; overflow-wrap: anywhere; }
dl.facts { display: grid; grid-template-columns: max-content 1fr; gap: 0.25rem 1.4rem;
           margin: 0 0 1rem; font-size: 0.9rem; }
dl.facts dt { color: var(--soft); }
dl.facts dd { margin: 0; overflow-wrap: anywhere; }
footer { margin-top: 4rem; padding-top: 1rem; border-top: 1px solid var(--line);
         color: var(--soft); font-size: 0.85rem; }
@media (max-width: 40rem) {
  main { padding: 2rem 1.1rem 3rem; }
  h1 { font-size: 1.6rem; }
  .pair { grid-template-columns: 1fr; gap: 0; }
  .bar { width: 3.5rem; }
  dl.facts { grid-template-columns: 1fr; gap: 0; }
  dl.facts dd { margin-bottom: 0.5rem; }
}
@media print {
  :root { --paper: #fff; --ink: #000; --soft: #444; --line: #ccc; --tint: #f2f2f2; }
  .chart { filter: none; mix-blend-mode: normal; }
  body { font-size: 10.5pt; }
  main { max-width: none; padding: 0; }
  nav { display: none; }
  h2, h3 { break-after: avoid; }
  figure, .finding, tr { break-inside: avoid; }
}
"""
