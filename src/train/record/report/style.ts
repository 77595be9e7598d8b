/** @file The style sheet of a report: system fonts, light and dark by the reader's preference, one column on small screens. */

export const style = `
:root {
  color-scheme: light dark;
  --page: #f5f6f8; --surface: #ffffff; --edge: #e1e4ea; --text: #1a1f27; --soft: #5d6675; --faint: #eceef2;
  --accent: #2563c9; --hit: #5cc391; --miss: #f2977c;
  --s0: #2563c9; --s1: #d96a0b; --s2: #16875a; --s3: #8a4fd3; --s4: #c2334d; --s5: #0e8a9b;
}
@media (prefers-color-scheme: dark) {
  :root {
    --page: #0e1116; --surface: #171b22; --edge: #2a303a; --text: #e7eaf0; --soft: #98a2b3; --faint: #222832;
    --accent: #7fb0ff; --hit: #1c7d50; --miss: #a8472c;
    --s0: #6ea8ff; --s1: #ffa24d; --s2: #4fce97; --s3: #c09bff; --s4: #ff7d92; --s5: #4fd0e0;
  }
}
* { box-sizing: border-box; }
body { margin: 0; background: var(--page); color: var(--text); font: 15px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, sans-serif; }
main { max-width: 1180px; margin: 0 auto; padding: 32px 20px 64px; }
h1 { font-size: 30px; line-height: 1.2; letter-spacing: -0.02em; margin: 0; overflow-wrap: anywhere; }
h2 { font-size: 19px; letter-spacing: -0.01em; margin: 44px 0 14px; }
h3 { font-size: 15px; margin: 0 0 8px; }
header p { margin: 6px 0 0; color: var(--soft); overflow-wrap: anywhere; }
nav { display: flex; flex-wrap: wrap; gap: 4px 18px; margin-top: 14px; }
nav a { color: var(--accent); text-decoration: none; }
nav a:hover { text-decoration: underline; }
small { color: var(--soft); font-size: 13px; }
.lead { margin: -8px 0 14px; color: var(--soft); max-width: 95ch; }
.card { background: var(--surface); border: 1px solid var(--edge); border-radius: 12px; padding: 16px 18px; margin: 0 0 16px; }
.scroll { overflow-x: auto; }
.facts { display: grid; grid-template-columns: repeat(auto-fit, minmax(150px, 1fr)); gap: 12px; margin: 24px 0 0; }
.facts div { background: var(--surface); border: 1px solid var(--edge); border-radius: 12px; padding: 12px 16px; }
.facts dt { color: var(--soft); font-size: 13px; }
.facts dd { margin: 0; font-size: 25px; font-weight: 650; letter-spacing: -0.02em; line-height: 1.3; overflow-wrap: anywhere; }
.facts dd small { display: block; font-weight: 400; letter-spacing: 0; line-height: 1.35; }
.charts { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 440px), 1fr)); gap: 16px; }
.charts .card { margin: 0; }
figcaption { display: flex; flex-wrap: wrap; justify-content: space-between; gap: 2px 16px; margin-bottom: 8px; }
figcaption b { overflow-wrap: anywhere; }
.legend { display: flex; flex-wrap: wrap; gap: 0 14px; color: var(--soft); font-size: 13px; }
.legend span { display: inline-flex; align-items: center; gap: 6px; }
.legend i { width: 16px; height: 3px; border-radius: 2px; background: var(--line); }
.s0 { --line: var(--s0); } .s1 { --line: var(--s1); } .s2 { --line: var(--s2); }
.s3 { --line: var(--s3); } .s4 { --line: var(--s4); } .s5 { --line: var(--s5); }
svg { display: block; width: 100%; height: auto; font-size: 12px; overflow: visible; }
svg text { fill: var(--soft); font-variant-numeric: tabular-nums; }
svg .axis line { stroke: var(--edge); }
svg .y { text-anchor: end; dominant-baseline: central; }
svg .x, svg .none { text-anchor: middle; }
svg .label { text-anchor: end; }
svg polyline { fill: none; stroke: var(--line); stroke-width: 1.9; stroke-linejoin: round; stroke-linecap: round; }
svg .spread { fill: var(--line); opacity: 0.16; }
svg .dot { fill: var(--line); stroke: var(--surface); }
svg .mark line { stroke: var(--soft); stroke-dasharray: 3 3; }
svg .mark text { font-size: 11px; }
svg .at rect { fill: transparent; }
svg .at .dot { opacity: 0; }
svg .at:hover rect { fill: var(--soft); opacity: 0.14; }
svg .at:hover .dot { opacity: 1; }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; }
.chip { display: inline-block; width: 12px; height: 12px; border-radius: 3px; flex: none; box-shadow: inset 0 0 0 1px rgb(128 128 128 / 0.45); }
.classes { width: 100%; }
.classes th, .classes td { padding: 6px 10px; text-align: right; border-top: 1px solid var(--edge); white-space: nowrap; }
.classes thead th { border-top: 0; color: var(--soft); font-weight: 500; font-size: 13px; }
.classes th:first-child { text-align: left; padding-left: 0; }
.classes td:last-child, .classes thead th:last-child { padding-right: 0; }
.classes tbody th { font-weight: 500; }
.classes .chip { margin-right: 9px; vertical-align: -1px; }
.classes .absent { color: var(--soft); }
.classes em { margin-left: 9px; padding: 1px 7px; border-radius: 9px; background: var(--faint); font-size: 12px; font-style: normal; color: var(--soft); }
.classes td.bar { min-width: 190px; width: 34%; }
.classes td.bar b { display: inline-block; width: 50px; font-weight: 650; }
.classes td.bar span { display: inline-block; width: calc(100% - 50px); height: 9px; border-radius: 5px; background: var(--faint); overflow: hidden; }
.classes td.bar i { display: block; height: 100%; border-radius: 5px; background: var(--accent); }
.confusion { border-collapse: separate; border-spacing: 2px; margin: 0 auto; --cell: 40px; }
.confusion.dense { --cell: 27px; font-size: 11px; }
.confusion td { width: var(--cell); min-width: var(--cell); height: var(--cell); padding: 0; text-align: center; border-radius: 5px; font-size: 13px; background: var(--faint); }
.confusion.dense td { font-size: 11px; border-radius: 3px; }
.confusion .hit { background: color-mix(in srgb, var(--hit) var(--heat), var(--faint)); font-weight: 650; }
.confusion .miss { background: color-mix(in srgb, var(--miss) var(--heat), var(--faint)); }
.confusion .void { background: repeating-linear-gradient(135deg, var(--faint) 0 4px, transparent 4px 8px); }
.confusion td:hover { outline: 2px solid var(--accent); }
.confusion th { font-weight: 500; white-space: nowrap; }
.confusion tbody th { text-align: right; padding-right: 8px; position: sticky; left: -18px; background: var(--surface); }
.confusion thead th { vertical-align: bottom; padding-bottom: 6px; }
.confusion thead th:not(.corner) span { writing-mode: vertical-rl; transform: rotate(180deg); display: inline-flex; align-items: center; gap: 8px; }
.confusion tbody .chip { margin-right: 8px; vertical-align: -1px; }
.confusion .corner { color: var(--soft); font-size: 12px; text-align: right; padding-right: 8px; }
.confusion .corner span { display: block; }
.confusions { margin: 0; padding-left: 24px; columns: 2 420px; column-gap: 36px; }
.confusions li { padding: 3px 0; break-inside: avoid; }
.confusions .chip { margin: 0 6px 0 2px; vertical-align: -1px; }
.colours { display: flex; flex-wrap: wrap; gap: 4px 16px; margin: -4px 0 14px; font-size: 13px; color: var(--soft); }
.colours span { display: inline-flex; align-items: center; gap: 6px; }
.pictures { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(100%, 520px), 1fr)); gap: 16px; }
.pictures .card { margin: 0; padding: 12px 14px; }
.score { color: var(--soft); font-variant-numeric: tabular-nums; }
.triple { display: grid; grid-template-columns: repeat(3, 1fr); gap: 8px; }
.triple img { display: block; width: 100%; border-radius: 6px; background: var(--faint); }
.triple div:not(:first-child) img { image-rendering: pixelated; }
.triple small { display: block; text-align: center; margin-top: 3px; }
.plan { width: 100%; }
.plan th, .plan td { text-align: left; vertical-align: top; padding: 8px 20px 8px 0; border-top: 1px solid var(--edge); }
.plan thead th { border-top: 0; color: var(--soft); font-weight: 500; font-size: 13px; padding-top: 0; }
.plan tbody th { font-weight: 500; white-space: nowrap; }
.plan code { font: 13px/1.5 ui-monospace, SFMono-Regular, Menlo, Consolas, monospace; overflow-wrap: anywhere; }
.plan td:last-child { color: var(--soft); padding-right: 0; width: 42%; }
@media (max-width: 640px) {
  main { padding: 20px 12px 40px; }
  h1 { font-size: 24px; }
  .card { padding: 12px; }
  .classes td.bar { min-width: 130px; }
  .confusion tbody th { left: -12px; }
  .plan thead { display: none; }
  .plan th, .plan td, .plan td:last-child { display: block; width: auto; padding: 2px 0; border: 0; }
  .plan tbody th { border-top: 1px solid var(--edge); padding-top: 8px; }
}
@media print { .card { break-inside: avoid; } nav { display: none; } }
`;
