import type { Sample } from './sample';

const [WIDTH, HEIGHT, LEFT, GAP] = [760, 130, 60, 34];

/** One panel: a quantity over time, from 0. */
const PANELS: readonly { title: string; of: (sample: Sample) => number }[] = [
  { title: 'heap after garbage collection, MB', of: ({ heapMb }) => heapMb },
  { title: 'handles', of: ({ handles }) => handles },
  { title: 'listeners', of: ({ listeners }) => listeners },
  { title: 'spans that are open', of: ({ openSpans }) => openSpans },
  { title: 'entries of our maps', of: ({ entries }) => entries },
];

export function plot(samples: readonly Sample[]): string {
  const height = PANELS.length * (HEIGHT + GAP) + GAP;
  const panels = PANELS.map((panel, index) => drawn(samples, panel, GAP + index * (HEIGHT + GAP)));
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${LEFT + WIDTH + 20} ${height}" font-family="sans-serif" font-size="12">
<rect width="100%" height="100%" fill="white"/>
${panels.join('\n')}
</svg>
`;
}

function drawn(samples: readonly Sample[], { title, of }: (typeof PANELS)[number], top: number): string {
  const most = Math.max(1, ...samples.map(of));
  const last = samples.at(-1)?.minute || 1;
  const x = (minute: number) => (LEFT + (minute / last) * WIDTH).toFixed(1);
  const y = (value: number) => (top + HEIGHT - (value / most) * HEIGHT).toFixed(1);
  const points = samples.map(sample => `${x(sample.minute)},${y(of(sample))}`).join(' ');
  return `<text x="${LEFT}" y="${top - 6}">${title}</text>
<path d="M${LEFT} ${top}V${top + HEIGHT}H${LEFT + WIDTH}" fill="none" stroke="#999"/>
<text x="${LEFT - 6}" y="${top + 10}" text-anchor="end">${most.toFixed(most < 100 ? 1 : 0)}</text>
<text x="${LEFT - 6}" y="${top + HEIGHT}" text-anchor="end">0</text>
<text x="${LEFT + WIDTH}" y="${top + HEIGHT + 14}" text-anchor="end">${last.toFixed(1)} min</text>
<polyline points="${points}" fill="none" stroke="#1f6feb" stroke-width="1.5"/>`;
}
