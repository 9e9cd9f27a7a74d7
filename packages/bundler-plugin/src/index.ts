import { createUnplugin, type UnpluginInstance } from 'unplugin';
import { handedOver, isClientFile } from './client-files';

type Plugin = UnpluginInstance<void, false>;

/**
 * Hands the files of message queue clients that are bundled over to queuetrace, which patches them when the bundle runs:
 * with `@queuetrace/register` preloaded or imported, or with the instrumentations that the app registers itself.
 */
const plugin: Plugin = createUnplugin(() => ({
  name: 'queuetrace',
  // Whatever has been compiled before, and before anything is made of `module.exports`.
  enforce: 'pre',
  transform: {
    filter: { id: /[\\/]node_modules[\\/]/ },
    handler: (code: string, id: string) => (isClientFile(id) ? { code: handedOver(code, id), map: null } : null),
  },
}));

// Each by its name, so that the types of one bundler do not need those of the others.
export const esbuild: Plugin['esbuild'] = plugin.esbuild;
export const farm: Plugin['farm'] = plugin.farm;
export const rolldown: Plugin['rolldown'] = plugin.rolldown;
export const rollup: Plugin['rollup'] = plugin.rollup;
export const rspack: Plugin['rspack'] = plugin.rspack;
export const vite: Plugin['vite'] = plugin.vite;
export const webpack: Plugin['webpack'] = plugin.webpack;
