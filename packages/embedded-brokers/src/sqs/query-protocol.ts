import type { MessageAttribute, MessageAttributes } from './message-attributes';

/** The parameters of a request in AWS's query protocol: nested structures with their path in the name. */
export class QueryParameters {
  private readonly parameters: URLSearchParams;

  constructor(
    body: string,
    private readonly prefix = '',
  ) {
    this.parameters = new URLSearchParams(body);
  }

  get(name: string): string | undefined {
    return this.parameters.get(this.prefix + name) ?? undefined;
  }

  /** The elements of a list, of which each has at least the given field. */
  list(name: string, field: string): QueryParameters[] {
    const items: QueryParameters[] = [];
    for (let n = 1; ; n++) {
      const item = new QueryParameters(this.parameters.toString(), `${this.prefix}${name}.${n}.`);
      if (item.get(field) === undefined) return items;
      items.push(item);
    }
  }

  map(name: string): Record<string, string> {
    const entries = this.list(`${name}.entry`, 'key');
    return Object.fromEntries(entries.map(entry => [entry.get('key'), entry.get('value')]));
  }

  messageAttributes(): MessageAttributes {
    const entries = this.list('MessageAttributes.entry', 'Name');
    return Object.fromEntries(entries.map(entry => [entry.get('Name'), readAttribute(entry)]));
  }
}

function readAttribute(entry: QueryParameters): MessageAttribute {
  const [StringValue, BinaryValue] = [entry.get('Value.StringValue'), entry.get('Value.BinaryValue')];
  const DataType = entry.get('Value.DataType') ?? '';
  return StringValue === undefined ? { DataType, BinaryValue } : { DataType, StringValue };
}

const ESCAPES: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;' };

/** An XML element around text. */
export function textElement(name: string, text: string): string {
  return element(
    name,
    text.replace(/[&<>]/g, character => ESCAPES[character]),
  );
}

/** An XML element around other elements. */
export const element = (name: string, ...content: string[]): string => `<${name}>${content.join('')}</${name}>`;
