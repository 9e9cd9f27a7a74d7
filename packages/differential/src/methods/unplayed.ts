import type { Performance } from '../script';
import { methodsOfClients } from './libraries';

/** Why there is no row of a public method. */
const reasons: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  rascal: {
    ...Object.fromEntries(
      [
        'Broker',
        'BrokerAsPromised',
        'PublicationSession',
        'SubscriberSessionAsPromised',
        'SubscriptionSession',
        'Vhost',
      ].map(name => [`new ${name}`, 'declared, but the library does not export the class']),
    ),
    'PublicationSession.emitPaused': 'declared, but no session has it',
  },
  'client-sqs': {
    'RuntimeExtension.configure': "the app's own, which the client calls: the row of an extension has one",
  },
};

/** What is wrong in the rows of a client: public methods that are not called, and names that no public method has. */
export interface Gaps {
  readonly methods: readonly string[];
  readonly unplayed: readonly string[];
  readonly excused: Readonly<Record<string, string>>;
  readonly unknown: readonly string[];
}

export function gapsOf(performances: Readonly<Record<string, Performance>>): Record<string, Gaps> {
  const methods = methodsOfClients();
  return Object.fromEntries(
    Object.entries(performances).map(([client, { covered }]) => [
      client,
      gaps(methods[client], new Set(covered), reasons[client]),
    ]),
  );
}

function gaps(
  methods: readonly string[],
  played: ReadonlySet<string>,
  excused: Readonly<Record<string, string>> = {},
): Gaps {
  const listed = new Set(methods);
  const outdated = Object.keys(excused).filter(method => !listed.has(method) || played.has(method));
  return {
    methods,
    unplayed: methods.filter(method => !played.has(method) && !Object.hasOwn(excused, method)),
    excused,
    unknown: [...[...played].filter(name => !listed.has(name)), ...outdated],
  };
}
