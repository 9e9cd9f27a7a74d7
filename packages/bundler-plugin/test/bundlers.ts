import path from 'node:path';
import commonjs from '@rollup/plugin-commonjs';
import json from '@rollup/plugin-json';
import nodeResolve from '@rollup/plugin-node-resolve';
import * as queuetrace from '@queuetrace/bundler-plugin';
import esbuild, { type Plugin } from 'esbuild';
import { rollup } from 'rollup';
import webpack from 'webpack';

/** Bundles an app with all that it uses into this folder, and gives back the file to run. */
export type Bundler = (app: string, folder: string) => Promise<string>;

/** What CommonJS inside of an ES module needs: esbuild leaves it to whoever builds. */
const REQUIRE = "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);";

export function byEsbuild(format: 'cjs' | 'esm', plugins: Plugin[], minify = false): Bundler {
  return async (app, folder) => {
    const outfile = path.join(folder, format === 'esm' ? 'app.mjs' : 'app.cjs');
    const banner = { js: format === 'esm' ? REQUIRE : '' };
    const common = { bundle: true, platform: 'node', logLevel: 'silent', target: 'node22' } as const;
    await esbuild.build({ entryPoints: [app], outfile, format, banner, plugins, minify, ...common });
    return outfile;
  };
}

const byRollup: Bundler = async (app, folder) => {
  const plugins = [nodeResolve({ preferBuiltins: true, exportConditions: ['node'] }), commonjs(), json()];
  const bundle = await rollup({ input: app, plugins: [queuetrace.rollup(), ...plugins], onwarn: () => {} });
  await bundle.write({ dir: folder, format: 'es', entryFileNames: 'app.mjs' });
  await bundle.close();
  return path.join(folder, 'app.mjs');
};

const byVite: Bundler = async (app, folder) => {
  const { build } = await import('vite');
  await build({
    configFile: false,
    logLevel: 'silent',
    plugins: [queuetrace.vite()],
    ssr: { noExternal: true },
    build: { ssr: app, outDir: folder, emptyOutDir: false, rolldownOptions: { output: { entryFileNames: 'app.mjs' } } },
  });
  return path.join(folder, 'app.mjs');
};

const byWebpack: Bundler = async (app, folder) => {
  const compiler = webpack({
    entry: app,
    mode: 'production',
    // That names may be others is esbuild's case: here it takes longer than all the rest.
    optimization: { minimize: false },
    target: 'node22',
    output: { path: folder, filename: 'app.cjs' },
    plugins: [queuetrace.webpack()],
  })!;
  await new Promise<void>((resolve, reject) => {
    compiler.run((error, stats) => {
      if (error ?? stats?.hasErrors()) reject(error ?? new Error(stats!.toString('errors-only')));
      else compiler.close(() => resolve());
    });
  });
  return path.join(folder, 'app.cjs');
};

/** Of an ES module with a top-level await; esbuild makes no CommonJS of such. */
export const BUNDLERS: Record<string, Bundler> = {
  'esbuild, as an ES module, minified': byEsbuild('esm', [queuetrace.esbuild()], true),
  'Rollup, as an ES module': byRollup,
  'Vite, for the server': byVite,
  'webpack, for production': byWebpack,
};
