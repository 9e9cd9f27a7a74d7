import { subscribe } from 'node:diagnostics_channel';
import type { IncomingMessage } from 'node:http';
import { shortened, withoutRandom } from '../value-text';
import { withoutOurs, write, type Wire } from './server-sockets';

/** Headers that say nothing of what the app has asked for: they follow from the clock, a random number or the length. */
const PASSING =
  /^(authorization|x-amz-date|x-amz-content-sha256|amz-sdk-invocation-id|content-length|host|traceparent)$/;

/** The requests, in order. */
export function recordSqs(): Wire {
  const wire: Wire = {};
  subscribe('http.server.request.start', message => {
    const { request } = message as { request: IncomingMessage };
    const chunks: Buffer[] = [];
    const push = request.push.bind(request);
    request.push = (chunk: Buffer | null, encoding?: BufferEncoding) => {
      if (chunk) chunks.push(chunk);
      else write(wire, 'requests', textOf(request, Buffer.concat(chunks).toString()));
      return push(chunk, encoding);
    };
  });
  return wire;
}

function textOf({ method, url, headers }: IncomingMessage, body: string): string {
  const told = Object.entries(headers).filter(([name]) => !PASSING.test(name));
  const headersText = withoutRandom(JSON.stringify(Object.fromEntries(told)));
  return `${method} ${url} ${headersText} ${shortened(withoutRandom(bodyText(body)))}`;
}

const OUR_TEXT =
  /,"(MessageAttributes":\{"traceparent":\{[^}]*\}\}|(MessageAttributeNames|MessageSystemAttributeNames)":\[[^\]]*\])/g;

/** The SDK sends what is no JSON, where it is given what is no text. */
function bodyText(body: string): string {
  try {
    return JSON.stringify(JSON.parse(body, withoutOurAttributes));
  } catch {
    return body.replace(OUR_TEXT, '');
  }
}

/** A table that we had to begin is not there without what is ours, nor are the names that we ask for. */
function withoutOurAttributes(key: string, value: unknown): unknown {
  if (key === 'MessageAttributes' || key === 'MessageSystemAttributes') {
    const theirs = withoutOurs(value as Record<string, unknown>);
    return Object.keys(theirs).length > 0 ? theirs : undefined;
  }
  if (/^(MessageAttributeNames|AttributeNames|MessageSystemAttributeNames)$/.test(key)) return undefined;
  return value;
}
