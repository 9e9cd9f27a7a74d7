import { apiToRegisterWith } from './app-api';

/* eslint-disable @typescript-eslint/no-require-imports -- names that only the bundle knows. */
const { version } = require('bundled-opentelemetry-api/package.json') as { version: string };

/** What all code of the bundle has in place of `@opentelemetry/api`. */
export = apiToRegisterWith(() => require('bundled-opentelemetry-api'), version);
