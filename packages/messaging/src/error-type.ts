import { guarded } from './guarded';

/** What something failed with. */
export interface Failure {
  type: string;
  message: string;
  /** What was thrown, if something was. */
  error?: unknown;
}

/** What `error.type` has where an error has no name of its own (semantic-conventions, error.md). */
export const OTHER_ERROR = '_OTHER';
export const MAX_ERROR_TYPE_LENGTH = 256;

/**
 * The low-cardinality kind of an error: the broker's own word for it (kafkajs keeps it in `type`), a string code,
 * else the error's name.
 */
export function errorType(error: unknown): string {
  if (typeof error !== 'object' || error === null) return OTHER_ERROR;
  const kind = guarded('reading an error', () => {
    const { type, code, name } = error as Record<string, unknown>;
    return [type, code, name].find((one): one is string => typeof one === 'string' && one !== '');
  });
  return kind?.slice(0, MAX_ERROR_TYPE_LENGTH) ?? OTHER_ERROR;
}

/** What an error says, whatever was thrown: anything can be, also what cannot be read. */
export function errorMessage(error: unknown): string {
  const told = guarded('reading an error', () => {
    const message = (error as { message?: unknown } | null | undefined)?.message;
    return typeof message === 'string' ? message : String(error);
  });
  return told ?? OTHER_ERROR;
}

/** Kinds that say nothing which the message does not. */
const PLAIN = new Set(['Error', OTHER_ERROR]);

/** In one text, as far as one adds to the other. */
export function errorText(type: string, message: string): string {
  return PLAIN.has(type) || message.startsWith(type) ? message : `${type}: ${message}`;
}
