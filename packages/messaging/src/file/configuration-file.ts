import { readFileSync } from 'node:fs';
import { mergeResourceAttributesConfig, parseConfigFile, type ConfigurationModel } from '@opentelemetry/configuration';
import { parseDocument } from 'yaml';
import { mistakesAgainstSchema, unknownSections } from './schema-mistakes';

/** A file that can be used, and what is wrong with it all the same; without a model it cannot be used. */
export interface ConfigurationFileContent {
  /** As `@opentelemetry/configuration` calls it, a `ConfigurationModel`. */
  readonly model?: object;
  readonly mistakes: readonly string[];
}

/**
 * Reads OpenTelemetry's declarative configuration. Bundled as a file of its own: the schema is as large as all the rest
 * of us together, and most processes have no such file.
 */
export function readConfigurationFile(file: string): ConfigurationFileContent {
  const text = textOf(file);
  if (typeof text !== 'string') return { mistakes: [`cannot be read (${text.code ?? text.message}).`] };
  const document = parseDocument(text, { version: '1.2' });
  // The parser below takes what it could read of a broken file for the whole.
  const [error] = document.errors;
  if (error) return { mistakes: [`is not valid YAML: ${error.message.split('\n')[0].replace(/:$/, '.')}`] };
  try {
    const model = parseConfigFile(file);
    return { model: withMergedAttributes(model), mistakes: unknownSections(model) };
  } catch (error) {
    const mistakes = guardedMistakes(document);
    return { mistakes: mistakes.length > 0 ? mistakes : [oneLine(error as Error, file)] };
  }
}

function textOf(file: string): string | NodeJS.ErrnoException {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    return error as NodeJS.ErrnoException;
  }
}

function withMergedAttributes(model: ConfigurationModel): ConfigurationModel {
  if (!model.resource) return model;
  const { attributes, attributes_list } = model.resource;
  return {
    ...model,
    resource: { ...model.resource, attributes: mergeResourceAttributesConfig(attributes, attributes_list) },
  };
}

/** An alias that leads nowhere is found only where values are made of the document. */
function guardedMistakes(document: ReturnType<typeof parseDocument>): string[] {
  try {
    return mistakesAgainstSchema(document.toJS());
  } catch {
    return [];
  }
}

function oneLine({ message }: Error, file: string): string {
  return message.replace(`${file}: `, '').replace(/\s*\n\s*/g, ' ');
}
