export const style = `
:root { color-scheme: light; }
* { box-sizing: border-box; }
body {
  margin: 0 auto; padding: 28px clamp(12px, 3vw, 36px) 48px; max-width: 1180px;
  font: 15px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif;
  color: #1f2937; background: #f5f6f8;
}
h1 { margin: 0; font-size: 26px; line-height: 1.25; }
h2 { margin: 0; font-size: 17px; }
header p { margin: 4px 0 20px; color: #5b6472; overflow-wrap: anywhere; }
header strong { color: #c2410c; }
ul { margin: 0; padding: 0; list-style: none; }
.tiles { display: grid; gap: 12px; grid-template-columns: repeat(auto-fit, minmax(150px, 1fr)); }
.tiles li { padding: 12px 16px; color: #5b6472; font-size: 13px; }
.tiles b { display: block; color: #1f2937; font-size: 21px; font-variant-numeric: tabular-nums; white-space: nowrap; }
main { display: grid; gap: 16px; margin-top: 16px; grid-template-columns: repeat(auto-fit, minmax(min(100%, 440px), 1fr)); }
.tiles li, figure, section { background: #ffffff; border: 1px solid #e3e6eb; border-radius: 10px; }
figure, section { margin: 0; padding: 18px 20px; min-width: 0; }
.stack { display: flex; flex-direction: column; gap: 16px; min-width: 0; }
.stack section { flex: 1; }
.wide { grid-column: 1 / -1; }
figcaption { margin-bottom: 12px; }
figcaption p, section > p { margin: 2px 0 0; color: #5b6472; font-size: 13px; }
.legend { display: flex; flex-wrap: wrap; gap: 2px 18px; margin-top: 6px; font-size: 13px; }
.legend li::before {
  content: ''; display: inline-block; width: 20px; height: 4px; margin-right: 7px; border-radius: 2px;
  vertical-align: middle; background: var(--color);
}
figure svg { display: block; width: 100%; max-width: 620px; height: auto; margin: 0 auto; }
/* Beside all others but the wide ones. */
.tall { grid-row: span 4; }
.tall svg { width: auto; max-width: 100%; }
.stack figure svg { max-width: 390px; }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; }
th { font-weight: normal; color: #5b6472; }
.settings { margin-top: 8px; width: 100%; }
.settings th { text-align: left; }
.settings td { text-align: right; }
.settings tr + tr { border-top: 1px solid #eceef2; }
.settings th, .settings td { padding: 3px 0; }
.scroll { overflow-x: auto; margin-top: 8px; }
.epochs { width: 100%; }
.epochs th, .epochs td { padding: 4px 10px; text-align: right; white-space: nowrap; }
.epochs tbody tr { border-top: 1px solid #eceef2; }
.digits { display: grid; gap: 14px 10px; margin-top: 14px; grid-template-columns: repeat(auto-fill, minmax(92px, 1fr)); }
.digits li { text-align: center; font-size: 14px; line-height: 1.3; }
.digits img { display: block; width: 72px; height: 72px; margin: 0 auto 4px; border: 1px solid #e3e6eb; border-radius: 4px; image-rendering: pixelated; }
.digits small { display: block; color: #5b6472; }
@media print { body { background: #ffffff; } figure, section { break-inside: avoid; } }
`;
