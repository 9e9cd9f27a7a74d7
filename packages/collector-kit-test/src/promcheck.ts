/** Prometheus' own parsers and engine (promcheck/). */
import { spawnSync } from 'node:child_process';

export interface Rule {
  readonly name: string;
  readonly expr: string;
  readonly annotations: Readonly<Record<string, string>> | null;
}

export interface Expression {
  readonly expr: string;
  readonly selectors: readonly { readonly metric: string; readonly labels: readonly string[] }[];
  readonly grouping: readonly string[];
}

export interface Sample {
  readonly labels: Readonly<Record<string, string>>;
  readonly value: string;
}

export interface Script {
  /** As in promtool's unit tests: `name{label="value"} 0+10x60`. */
  readonly series: readonly string[];
  readonly stepSeconds: number;
  readonly atSeconds: number;
  readonly exprs: readonly string[];
}

export class Promcheck {
  constructor(private readonly binary: string) {}

  /** Fails as `promtool check rules` does. */
  rules(file: string): Rule[] {
    return this.run(['rules', file]) as Rule[];
  }

  /** What each expression reads; fails when one is not PromQL. */
  expressions(exprs: readonly string[]): Expression[] {
    return this.run(['exprs'], exprs) as Expression[];
  }

  /** What each expression gives, over the series. */
  evaluate(script: Script): Sample[][] {
    return this.run(['eval'], script) as Sample[][];
  }

  private run(args: readonly string[], input?: unknown): unknown {
    const { status, stdout, stderr } = spawnSync(this.binary, args, {
      input: input === undefined ? '' : JSON.stringify(input),
      encoding: 'utf8',
    });
    if (status !== 0) throw new Error(`promcheck ${args.join(' ')}: ${stderr}`);
    return JSON.parse(stdout);
  }
}
