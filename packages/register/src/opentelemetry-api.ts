import { appApi } from './app-api';

/** What the bundle has in place of `@opentelemetry/api`. */
export = appApi().api;
