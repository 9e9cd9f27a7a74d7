/** The longest delay that a timer takes, in milliseconds; with a longer one it would fire at once. */
export const MAX_TIMER_MS = 2 ** 31 - 1;
