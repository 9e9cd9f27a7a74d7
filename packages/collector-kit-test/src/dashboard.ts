/** What is asked of Prometheus in a Grafana dashboard, and what a Prometheus endpoint offers. */
import { readFileSync } from 'node:fs';

interface Place {
  readonly x: number;
  readonly y: number;
  readonly w: number;
  readonly h: number;
}

export interface Panel {
  readonly id: number;
  readonly type: string;
  readonly title: string;
  readonly gridPos: Place;
  readonly targets?: readonly { readonly expr: string }[];
}

interface Dashboard {
  readonly panels: readonly Panel[];
  readonly templating: { readonly list: readonly { readonly type: string; readonly definition?: string }[] };
}

export function readDashboard(file: string) {
  const { panels, templating } = JSON.parse(readFileSync(file, 'utf8')) as Dashboard;
  const targets = panels.flatMap(panel => panel.targets ?? []);
  const variables = templating.list.filter(({ type }) => type === 'query');
  return {
    panels,
    exprs: targets.map(({ expr }) => expr.replaceAll('$__rate_interval', '5m')),
    /** A variable's values are those of a label of a metric. */
    variables: variables.map(({ definition }) => /^label_values\((\w+), (\w+)\)$/.exec(definition ?? '')?.slice(1)),
  };
}

/** Labels by metric, of the text format. */
export function scrapedMetrics(text: string): Map<string, Set<string>> {
  const metrics = new Map<string, Set<string>>();
  for (const [, name, labels] of text.matchAll(/^(\w+)(?:\{(.*)\})? \S+$/gm)) {
    const known = metrics.get(name) ?? new Set();
    for (const [, label] of (labels ?? '').matchAll(/(\w+)="(?:[^"\\]|\\.)*"/g)) known.add(label);
    metrics.set(name, known);
  }
  return metrics;
}
