import { diag, metrics, type MeterProvider } from '@opentelemetry/api';
import {
  InstrumentationBase,
  InstrumentationNodeModuleDefinition,
  InstrumentationNodeModuleFile,
} from '@opentelemetry/instrumentation';
import { resolveConfig, type MessagingConfig, type ResolvedConfig } from './config';
import { bundleWith } from './bundled-files';
import { environment } from './file/file-options';
import { guarded } from './guarded';
import { isSupported, loadedFiles, onLoaded, type ClientFile, type ClientModule } from './loaded-files';
import { loadedAgents, settingAgainst } from './other-agents';
import { PatchTable, type Advice, type Patch } from './patch-table';
import { state } from './state';
import { report } from './report';
import { MessagingTelemetry } from './telemetry';
import type { EventLogger } from './exceptions';
import type { MessagingSystem } from './types';

/** What is fixed of a client; on the prototype, since the base class's constructor asks before fields exist. */
export interface Client<M> {
  /** The short name in the environment, in YAML and in what we tell the user. */
  readonly name: string;
  readonly system: MessagingSystem<M>;
}

/**
 * The base of every client: which functions of a library are patched, by file and prototype, and the telemetry that
 * their operations are told to. A subclass says `client`, `modules()`, and what each patched method means.
 */
export abstract class MessagingInstrumentation<M> extends InstrumentationBase<ResolvedConfig> {
  // Set while the base class's constructor runs: an initializer would wipe them out.
  declare private _telemetries?: Map<unknown, MessagingTelemetry<never>>;
  declare private _patchTable?: PatchTable;
  declare private _globalMeterProvider?: MeterProvider;
  declare private _isSecondLookDue?: boolean;
  declare private _isFollowingImports?: boolean;

  constructor(packageName: string, version: string, config: MessagingConfig = {}) {
    super(packageName, version, config as ResolvedConfig);
  }

  protected abstract get client(): Client<M>;
  /** The library, then others that it is made of, and the files of theirs that are patched. Free of side effects. */
  abstract modules(): readonly ClientModule[];

  protected get telemetry(): MessagingTelemetry<M> {
    return this.telemetryOf(this.client.system);
  }

  /** For a library that talks to another system too. */
  protected telemetryOf<Other>(system: MessagingSystem<Other>): MessagingTelemetry<Other> {
    this._telemetries ??= new Map();
    let telemetry = this._telemetries.get(system) as MessagingTelemetry<Other> | undefined;
    if (telemetry) return telemetry;
    telemetry = new MessagingTelemetry(system, this.getConfig(), {
      tracer: () => this.tracer,
      // Only APIs from 1.10 have logs.
      logger: () => this.logger as EventLogger | undefined,
      meter: () => this.meter,
      lookForMeter: () => this._adoptGlobalMeter(),
    });
    this._telemetries.set(system, telemetry as MessagingTelemetry<unknown> as MessagingTelemetry<never>);
    return telemetry;
  }

  private get _started(): Iterable<MessagingTelemetry<never>> {
    return this._telemetries?.values() ?? [];
  }

  private get _patches(): PatchTable {
    return (this._patchTable ??= new PatchTable(this));
  }

  /** Patches an object that a library made, such as a producer. */
  protected patchInstance(patch: Patch): void {
    this._patches.patchInstance(patch);
  }

  /** A handler of the app's, wrapped; what is no function is given back. */
  protected wrap<F>(handler: F, advice: Advice): F {
    return this._patches.wrap(handler, advice);
  }

  override setConfig(config: MessagingConfig = {}): void {
    super.setConfig(resolveConfig(this.client.name, config, environment(), this.instrumentationName));
    for (const telemetry of this._started) telemetry.configure(this.getConfig());
  }

  override _updateMetricInstruments(): void {
    for (const telemetry of this._started) telemetry.updateMeter();
  }

  /** Who sets a global provider after us tells nobody; the API of traces has a proxy for that, that of metrics none. */
  private _adoptGlobalMeter(): void {
    const provider = metrics.getMeterProvider();
    if (provider === this._globalMeterProvider) return;
    this._globalMeterProvider = provider;
    this.setMeterProvider(provider);
  }

  override init(): InstrumentationNodeModuleDefinition[] {
    return this.modules().map(module => {
      const { name, files, main } = module;
      // Of a version that is not supported we want to hear too.
      const definitions = Object.entries(files).map(
        ([file, patches]) =>
          new InstrumentationNodeModuleFile(`${name}/${file}`, ['*'], this._patchFile(module, patches), keepExports),
      );
      // Patches in place: replacing an export would not reach an app that imports it from ESM.
      const patchMain = this._patchFile(module, main === undefined ? () => [] : files[main]);
      const definition = new InstrumentationNodeModuleDefinition(name, ['*'], patchMain, keepExports, definitions);
      return Object.assign(definition, { includePrerelease: true });
    });
  }

  override enable(): void {
    this._patches.switchOn();
    super.enable();
    state.telemetries.set(this.client.name, this.telemetry as MessagingTelemetry<unknown> as MessagingTelemetry<never>);
    this._adoptLoaded();
    if (this._isFollowingImports) return;
    this._isFollowingImports = true;
    const adopt = () => {
      if (this.isEnabled()) this._adoptLoaded();
    };
    onLoaded(adopt);
    state.bundled.onBundled(adopt);
    // When the app's main file is there.
    setImmediate(() => guarded('looking into the app', () => this._tellBundled())).unref();
  }

  override disable(): void {
    super.disable();
    const { name } = this.client;
    if (state.telemetries.get(name) === (this.telemetry as unknown)) state.telemetries.delete(name);
    this._patches.unpatchAll();
    for (const telemetry of this._started) telemetry.lags.clear();
  }

  /** What was loaded before us, or past the hooks, is patched in place. */
  private _adoptLoaded(): void {
    for (const { module, patches, exports, version, how } of loadedFiles(this.modules())) {
      this._patchFile(module, patches, how)(exports, version);
    }
  }

  /** A throw in here would come out of the app's own `require`. */
  private _patchFile(module: ClientModule, patches: ClientFile, how = 'as it was loaded') {
    return (exports: unknown, version?: string) => {
      guarded('patching', () => {
        if (!isSupported(version, module)) return this._tellUnsupported(module, version);
        const patched = patches(exports).filter(patch => this._patches.patch(patch));
        if (patched.length === 0) return;
        this._tellPatched(`${module.name} ${version} patched (${how})`);
        this._lookAgain();
      });
      return exports;
    };
  }

  /** Of what the library is made of, other libraries use other versions. */
  private _tellUnsupported({ name, versions }: ClientModule, version: string | undefined): void {
    if (version === undefined || name !== this.modules()[0].name) return;
    report(`${name} ${version} is not supported, its messages are not traced; supported: ${versions.join(' or ')}.`);
  }

  private _tellPatched(line: string): void {
    if (state.patched.has(line)) return;
    state.patched.add(line);
    diag.info(`queuetrace: ${line}`);
  }

  /** No hook sees what is inside of a bundle. */
  private _tellBundled(): void {
    const [{ name, bundleMark }] = this.modules();
    const isPatched = [...state.patched].some(line => line.startsWith(`${name} `));
    const file = bundleMark && !isPatched && this.isEnabled() && bundleWith(name, bundleMark);
    if (!file) return;
    report(
      `${name} is bundled into ${file}, where it cannot be patched: its messages are not traced. Build with @queuetrace/bundler-plugin, or leave ${name} out of the bundle.`,
    );
  }

  /** When all has been loaded that is loaded now: the main file of a package that is imported from ESM has no hook. */
  private _lookAgain(): void {
    if (this._isSecondLookDue) return;
    this._isSecondLookDue = true;
    setImmediate(() => {
      this._isSecondLookDue = false;
      if (!this.isEnabled()) return;
      this._adoptLoaded();
      this._tellOther();
    }).unref();
  }

  private _tellOther(): void {
    const { name } = this.client;
    const other = this._patches.findOther();
    if (other) report(doubled(name, other));
    for (const agent of loadedAgents()) {
      const setting = settingAgainst(agent, [name], process.env);
      if (setting)
        report(`${name} is traced by ${agent} as well. ${setting} turns that off, ${ours(name, false)} ours.`);
    }
  }
}

function doubled(client: string, other: string): string {
  const line = `${client} is instrumented by ${other} as well: messages may have two spans.`;
  if (other === 'another queuetrace') return `${line} Leave out the preload, or the one in code.`;
  const theirs = client === 'sqs' ? 'aws-sdk' : client;
  return `${line} ${ours(client, false)} turns ours off; OTEL_NODE_DISABLED_INSTRUMENTATIONS=${theirs} with ${ours(client, true)} OpenTelemetry's own.`;
}

function ours(client: string, isOn: boolean): string {
  return `OTEL_INSTRUMENTATION_${client.toUpperCase()}_ENABLED=${isOn}`;
}

/** Unpatching is the patch table's work; the base class calls this without asking whether it is there. */
const keepExports = (exports: unknown) => exports;
