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
  const rounds = new Map<string, { rounds: Rounds; spans: Partial<Record<Mode, number>> }>();
  for (let process = 0; process < processes; process++) {
    const conductor = new Conductor();
    try {
      const [listed] = await conductor.start<Listed[]>(worker, modes, args);
      for (const { name } of listed.filter(one => one.name.includes(only))) {
        options.tell(`${name} (${process + 1} of ${processes})`);
        const known = rounds.get(name) ?? { rounds: emptyRounds(), spans: {} };
        rounds.set(name, known);
        await measureCase(conductor, name, { ...options, modes }, known);
      }
    } finally {
      conductor.stop();
    }
  }
  return [...rounds].map(([name, { rounds, spans }]) => ({ name, unit, spans, costs: costs(rounds), rounds }));
}

async function measureCase(
  conductor: Conductor,
  name: string,
  { modes, rounds, targetMs }: Pick<RunOptions, 'modes' | 'rounds' | 'targetMs'>,
  known: { rounds: Rounds; spans: Partial<Record<Mode, number>> },
): Promise<void> {
  const ask: Ask = { case: name, targetMs };
  // The first measurement is the warm-up, and finds how many calls there must be.
  for (const mode of modes) known.spans[mode] = (await conductor.ask<Answer>(mode, ask)).spans;
  for (let round = 0; round < rounds; round++) {
    for (const mode of orderOf(round, modes)) {
      known.rounds[mode].push((await conductor.ask<Answer>(mode, ask)).perMessage);
    }
  }
}

const emptyRounds = () => Object.fromEntries(MODES.map(mode => [mode, [] as number[]])) as Rounds;
