import {
  didYouMean,
  flag,
  patterns,
  report,
  splitList,
  wholeNumber,
  wrongValue,
  type OptionKind,
  type Pattern,
} from '@queuetrace/messaging';

/** What {@link MessagingSampler} does with spans of messaging systems. */
export interface SamplerOptions {
  /** By glob, the ratio from 0 to 1 of the traces that begin at such a destination; the first glob that matches counts. */
  destinations: Readonly<Record<string, number>>;
  /** Destinations whose spans are never sampled, nor what hangs on them: health checks. */
  drop: readonly Pattern[];
  /** Dead letters are sampled when they are sent to their queue and wherever they are consumed. */
  keepDeadLetters: boolean;
  /** Spans that are known to have failed when they start are sampled: pulls. */
  keepFailures: boolean;
  /** From this delivery on a message's spans are sampled: 2 is the first redelivery, 0 switches it off. */
  keepFromDelivery: number;
}

interface SamplerOption<Value> extends OptionKind<Value> {
  /** Behind `OTEL_MQ_SAMPLER_`. */
  suffix: string;
  default: Value;
}

const isRatio = (value: unknown) => typeof value === 'number' && value >= 0 && value <= 1;

const ratios: OptionKind<Readonly<Record<string, number>>> = {
  allowed: 'ratios from 0 to 1 by glob, such as orders=0.1,audit.*=1',
  schema: { type: 'object', additionalProperties: { type: 'number', minimum: 0, maximum: 1 } },
  parse: text => [Object.fromEntries(splitList(text).map(ratioPair)) as unknown].find(ratios.accepts),
  accepts: (value): value is Record<string, number> =>
    typeof value === 'object' && value !== null && !Array.isArray(value) && Object.values(value).every(isRatio),
};

function ratioPair(text: string): [glob: string, ratio: number] {
  const at = text.lastIndexOf('=');
  const ratio = text.slice(at + 1).trim();
  return [text.slice(0, at).trim(), at > 0 && ratio ? Number(ratio) : NaN];
}

/** The types, the names, the validation of all three ways to set them. */
export const SAMPLER_OPTIONS: { readonly [Key in keyof SamplerOptions]: SamplerOption<SamplerOptions[Key]> } = {
  destinations: { ...ratios, suffix: 'DESTINATIONS', default: {} },
  drop: { ...patterns, suffix: 'DROP', default: [] },
  keepDeadLetters: { ...flag, suffix: 'KEEP_DEAD_LETTERS', default: true },
  keepFailures: { ...flag, suffix: 'KEEP_FAILURES', default: true },
  keepFromDelivery: { ...wholeNumber, suffix: 'KEEP_FROM_DELIVERY', default: 2 },
};

export const SAMPLER_OPTION_KEYS = Object.keys(SAMPLER_OPTIONS) as (keyof SamplerOptions)[];

/** A wrong value, and an option that does not exist, is told in one line and passed over. */
export function resolveSamplerOptions(code: Partial<SamplerOptions>): SamplerOptions {
  const known = [...SAMPLER_OPTION_KEYS, 'root'];
  for (const key of Object.keys(code).filter(one => !known.includes(one))) {
    const near = didYouMean(key, known);
    report(`MessagingSampler: there is no option ${key}; the options are ${known.join(', ')}. It is ignored.${near}`);
  }
  const values = SAMPLER_OPTION_KEYS.map(key => {
    const option: SamplerOption<unknown> = SAMPLER_OPTIONS[key];
    const value = code[key];
    if (value === undefined || option.accepts(value)) return [key, value ?? option.default];
    report(wrongValue(`MessagingSampler: option ${key}`, value, option));
    return [key, option.default];
  });
  return Object.fromEntries(values) as SamplerOptions;
}
