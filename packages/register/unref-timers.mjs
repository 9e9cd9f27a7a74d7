// What all code of the bundle has in place of the global timers: telemetry never keeps the app's process alive.
export const setTimeout = (...args) => globalThis.setTimeout(...args).unref();
export const setInterval = (...args) => globalThis.setInterval(...args).unref();
