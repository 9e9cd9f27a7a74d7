import { createHash } from 'node:crypto';
import { FrameReader, type Frame } from '@queuetrace/embedded-brokers/build/src/amqp/codec';
import { valueText } from '../value-text';
import { onBytesOfClients, withoutOurs, write, type Wire } from './server-sockets';

const PROTOCOL_HEADER_BYTES = 8;

/** The frames of each connection, in order. */
export function recordAmqp(): Wire {
  const wire: Wire = {};
  const readers: FrameReader[] = [];
  onBytesOfClients((bytes, connection) => {
    let reader = readers[connection];
    if (reader) reader.push(bytes);
    else {
      reader = readers[connection] = new FrameReader();
      reader.push(bytes.subarray(PROTOCOL_HEADER_BYTES));
    }
    for (let frame = reader.next(); frame; frame = reader.next()) {
      if (frame.kind !== 'heartbeat') write(wire, `connection ${connection}`, textOf(frame));
    }
  });
  return wire;
}

function textOf(frame: Frame): string {
  switch (frame.kind) {
    case 'body':
      return `${frame.channel} body ${frame.content.length} ${createHash('sha1').update(frame.content).digest('hex')}`;
    case 'header':
      return `${frame.channel} header ${frame.size} ${propertiesText(frame.properties as Record<string, unknown>)}`;
    case 'method':
      return `${frame.channel} method ${frame.id} ${valueText(frame.fields)}`;
    default:
      return frame.kind;
  }
}

/** A table that we had to begin is empty without what is ours. */
function propertiesText({ headers, ...properties }: Record<string, unknown>): string {
  const theirs = withoutOurs(headers as Record<string, unknown> | undefined);
  return valueText({ ...properties, headers: theirs });
}
