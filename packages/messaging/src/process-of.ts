import type { ActiveOperation } from './active-operation';
import { guarded } from './guarded';
import { activeOperation } from './operation-context';
import { state } from './state';

/** The process operation of a message that is being handled: its own, else the one whose handler is running. */
export function processOf(message: object): ActiveOperation | undefined {
  return guarded('looking for a process span', () => {
    const own = state.deliveries.get(message)?.process;
    const active = activeOperation();
    return own ?? (active?.type === 'process' ? active : undefined);
  });
}
