/** What `error.type` has where an error has no name of its own (semantic-conventions, error.md). */
export const OTHER_ERROR = '_OTHER';
export const MAX_ERROR_TYPE_LENGTH = 256;

/**
 * The low-cardinality kind of an error: the broker's own word for it (kafkajs keeps it in `type`), a string code,
 * else the error's name.
 */
export function errorType(error: unknown): string {
  if (typeof error !== 'object' || error === null) return OTHER_ERROR;
  const { type, code, name } = error as Record<string, unknown>;
  for (const candidate of [type, code, name]) {
    if (typeof candidate === 'string' && candidate !== '') return candidate.slice(0, MAX_ERROR_TYPE_LENGTH);
  }
  return OTHER_ERROR;
}

/** What an error says, whatever was thrown. */
export function errorMessage(error: unknown): string {
  const message = (error as { message?: unknown } | null | undefined)?.message;
  return typeof message === 'string' ? message : String(error);
}
