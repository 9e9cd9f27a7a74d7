// Hands the source of CommonJS files to Node, as loaders do that rewrite code.
import { readFile } from 'node:fs/promises';

export async function load(url, context, next) {
  const loaded = await next(url, context);
  if (loaded.format !== 'commonjs' || loaded.source) return loaded;
  return { ...loaded, source: await readFile(new URL(url)) };
}
