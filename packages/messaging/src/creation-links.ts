import { Links } from './links';
import { creationOf, CreationContexts } from './propagation';
import type { MessagingSystem } from './types';

/** To the creation contexts of messages that are settled: of most settlements to one, or to none that we have seen. */
export function linksToCreations<M>(system: MessagingSystem<M>, messages: readonly M[]): Links | undefined {
  if (messages.length === 0) return undefined;
  const links = new Links();
  if (messages.length === 1) links.addCreation(creationOf(system, messages[0]));
  else {
    const contexts = new CreationContexts(system);
    for (const message of messages) links.addCreation(contexts.of(message));
  }
  return links;
}
