const { now } = Date;

/** The broker's own clock: a test that sets the one of its clients, in the same process, does not set this. */
export const epochMs = (): number => now();
