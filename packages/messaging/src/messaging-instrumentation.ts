import {
  InstrumentationBase,
  InstrumentationNodeModuleDefinition,
  InstrumentationNodeModuleFile,
} from '@opentelemetry/instrumentation';
import { resolveConfig, type MessagingConfig, type ResolvedConfig } from './config';
import { guarded } from './guarded';
import { loadedFiles, type ClientFile, type ClientModule } from './loaded-files';
import { PatchTable, type Advice, type Patch } from './patch-table';
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
  declare private _telemetry?: MessagingTelemetry<M>;
  declare private _patchTable?: PatchTable;

  constructor(packageName: string, version: string, config: MessagingConfig = {}) {
    super(packageName, version, config as ResolvedConfig);
  }

  protected abstract get client(): Client<M>;
  /** The library's modules and the files of theirs that are patched. Free of side effects. */
  protected abstract modules(): readonly ClientModule[];

  protected get telemetry(): MessagingTelemetry<M> {
    return (this._telemetry ??= new MessagingTelemetry(this.client.system, this.getConfig(), {
      tracer: () => this.tracer,
      // Only APIs from 1.10 have logs.
      logger: () => this.logger as EventLogger | undefined,
      meter: () => this.meter,
    }));
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
    super.setConfig(resolveConfig(this.client.name, config));
    this._telemetry?.configure(this.getConfig());
  }

  override _updateMetricInstruments(): void {
    this.telemetry.updateMeter();
  }

  override init(): InstrumentationNodeModuleDefinition[] {
    return this.modules().map(({ name, versions, files, main }) => {
      const definitions = Object.entries(files).map(
        ([file, patches]) =>
          new InstrumentationNodeModuleFile(`${name}/${file}`, [...versions], this._patchFile(patches), keepExports),
      );
      // Patches in place: replacing an export would not reach an app that imports it from ESM.
      const patchMain = main === undefined ? undefined : this._patchFile(files[main]);
      return new InstrumentationNodeModuleDefinition(name, [...versions], patchMain, keepExports, definitions);
    });
  }

  override enable(): void {
    this._patches.switchOn();
    super.enable();
    // What was loaded before us is patched in place.
    for (const { exports, patches } of loadedFiles(this.modules())) this._patchFile(patches)(exports);
  }

  override disable(): void {
    super.disable();
    this._patches.unpatchAll();
    this._telemetry?.lags.clear();
  }

  /** A throw in here would come out of the app's own `require`. */
  private _patchFile(patches: ClientFile) {
    return (exports: unknown) => {
      guarded('patching', () => patches(exports).forEach(patch => this._patches.patch(patch)));
      return exports;
    };
  }
}

/** Unpatching is the patch table's work; the base class calls this without asking whether it is there. */
const keepExports = (exports: unknown) => exports;
