// Hands the source of CommonJS files to Node, as tools do that rewrite code, by hooks in the same thread.
const { readFileSync } = require('node:fs');
const { registerHooks } = require('node:module');

registerHooks({
  load(url, context, next) {
    const loaded = next(url, context);
    if (loaded.format !== 'commonjs' || loaded.source) return loaded;
    return { ...loaded, source: readFileSync(new URL(url)) };
  },
});
