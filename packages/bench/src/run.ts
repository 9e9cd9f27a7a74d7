import { Conductor, orderOf } from './conductor';
import { MODES, type Mode } from './modes';
import type { CaseResult } from './report';
import { costs, type Rounds } from './statistics';
import type { Answer, Ask } from './question';

export interface RunOptions {
  /** The file that measures, and what it is started with. */
  worker: string;
  args?: readonly string[];
  unit: CaseResult['unit'];
  /** Only cases whose name has this in it. */
  only?: string;
  /** Only these modes, `none` and `by hand` among them. */
  modes: readonly Mode[];
  rounds: number;
  /** The CPU time of one measurement. */
  targetMs: number;
  /** So many times with processes of their own: what a process has compiled, and where its memory lies, differs. */
  processes: number;
  tell(line: string): void;
}

interface Listed {
  name: string;
  messages: number;
}

export async function runCases({
  worker,
  args,
  unit,
  only = '',
  modes,
  processes,
  ...options
}: RunOptions): Promise<CaseResult[]> {
  const rounds = new Map<string, Measured>();
  for (let process = 0; process < processes; process++) {
    const conductor = new Conductor();
    try {
      const [listed] = await conductor.start<Listed[]>(worker, modes, args);
      for (const { name } of listed.filter(one => one.name.includes(only))) {
        options.tell(`${name} (${process + 1} of ${processes})`);
        const known = rounds.get(name) ?? { rounds: emptyRounds(), elapsed: emptyRounds(), spans: {} };
        rounds.set(name, known);
        await measureCase(conductor, name, { ...options, modes }, known);
      }
    } finally {
      conductor.stop();
    }
  }
  return [...rounds].flatMap(([name, { rounds, elapsed, spans }]) => {
    const result = { name, unit, spans, costs: costs(rounds), rounds };
    if (elapsed.none.length === 0) return [result];
    return [result, { ...result, name: `${name}, elapsed`, costs: costs(elapsed), rounds: elapsed }];
  });
}

interface Measured {
  rounds: Rounds;
  /** As long as it took, of a case that tells it. */
  elapsed: Rounds;
  spans: Partial<Record<Mode, number>>;
}

async function measureCase(
  conductor: Conductor,
  name: string,
  { modes, rounds, targetMs }: Pick<RunOptions, 'modes' | 'rounds' | 'targetMs'>,
  known: Measured,
): Promise<void> {
  const ask: Ask = { case: name, targetMs };
  // The first measurement is the warm-up, and finds how many calls there must be.
  for (const mode of modes) known.spans[mode] = (await conductor.ask<Answer>(mode, ask)).spans;
  for (let round = 0; round < rounds; round++) {
    for (const mode of orderOf(round, modes)) {
      const { perMessage, elapsed } = await conductor.ask<Answer>(mode, ask);
      known.rounds[mode].push(perMessage);
      if (elapsed !== undefined) known.elapsed[mode].push(elapsed);
    }
  }
}

const emptyRounds = () => Object.fromEntries(MODES.map(mode => [mode, [] as number[]])) as Rounds;
