/** Export requests as the OTLP exporters of OpenTelemetry JS 0.301 send them: two spans, four metrics, one log record. */

export const tracesProtobuf = Buffer.from(
  [
    'CvcDChwKGAoMc2VydmljZS5uYW1lEggKBm9yZGVycxAAEtYDChYKDUBxdWV1ZXRyYWNlL3gSBTEuMC4wEvMBChBL5GzBO5VBvUVA',
    'pmrbZDVLEggdagUG82U0aiIIhb7vMK7X/tkqDnByb2Nlc3Mgb3JkZXJzMAU5QEt2Nv6clxdBwM+UNv6clxdQAFpTCYCNhTb+nJcX',
    'EglleGNlcHRpb24aHgoOZXhjZXB0aW9uLnR5cGUSDAoKUmFuZ2VFcnJvchobChFleGNlcHRpb24ubWVzc2FnZRIGCgRib29tIABg',
    'AGo8ChBL5GzBO5VBvUVApmrbZDVLEgiFvu8wrtf+2SIXCglsaW5rLnR5cGUSCgoIY3JlYXRpb24oADUBAQAAcAB6CBIEYm9vbRgC',
    'hQEBAQAAEsUBChBL5GzBO5VBvUVApmrbZDVLEgiFvu8wrtf+2SoLc2VuZCBvcmRlcnMwBDkAACo2/pyXF0EAEqQ2/pyXF0oLCgFz',
    'EgYKBHRleHRKBwoBaRICGCpKEgoDbmVnEgsY+f//////////AUoOCgFkEgkhAAAAAAAA+D9KBwoBYhICEAFKCQoDb2ZmEgIQAEoU',
    'CgRsaXN0EgwqCgoDCgFhCgMKAWJKEgoEbnVtcxIKKggKAhgBCgIYAlAAYABwAHoCGACFAQEBAAA=',
  ].join(''),
  'base64',
);

export const metricsProtobuf = Buffer.from(
  [
    'CpAEChwKGAoMc2VydmljZS5uYW1lEggKBm9yZGVycxAAEu8DCg8KDUBxdWV1ZXRyYWNlL3gSPgoEc2VudBoJe21lc3NhZ2V9OisK',
    'JRFAGL4+bYDqGBmAWs0+bYDqGDEDAAAAAAAAADoICgFhEgMKAXgQAhgBEisKCGluZmxpZ2h0Oh8KGxFAGL4+bYDqGBmAWs0+bYDq',
    'GCEAAAAAAAAAwBACEiQKA2xhZyodChsRQBi+Pm2A6hgZgFrNPm2A6hghAAAAAAAABEASyAIKCGR1cmF0aW9uGgFzSrgCCrMCEUAY',
    'vj5tgOoYGYBazT5tgOoYIQIAAAAAAAAAKQAAAAAAAARAMoABAAAAAAAAAAACAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA',
    'AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA',
    'AAAAAAAAAAAAAAAAAAA6eAAAAAAAAAAAAAAAAAAAFEAAAAAAAAAkQAAAAAAAADlAAAAAAAAASUAAAAAAAMBSQAAAAAAAAFlAAAAA',
    'AABAb0AAAAAAAEB/QAAAAAAAcIdAAAAAAABAj0AAAAAAAIijQAAAAAAAiLNAAAAAAABMvUAAAAAAAIjDQFkAAAAAAADgP2EAAAAA',
    'AAAAQBAC',
  ].join(''),
  'base64',
);

export const logsProtobuf = Buffer.from(
  [
    'Co4BChwKGAoMc2VydmljZS5uYW1lEggKBm9yZGVycxAAEm4KDwoNQHF1ZXVldHJhY2UveBJbCcDbh0BtgOoYEBEqBgoEYm9vbTIe',
    'Cg5leGNlcHRpb24udHlwZRIMCgpSYW5nZUVycm9yOABZwNuHQG2A6hhiG21lc3NhZ2luZy5wcm9jZXNzLmV4Y2VwdGlvbg==',
  ].join(''),
  'base64',
);

export const tracesJson = {
  resourceSpans: [
    {
      resource: { attributes: [{ key: 'service.name', value: { stringValue: 'orders' } }], droppedAttributesCount: 0 },
      scopeSpans: [
        {
          scope: { name: '@queuetrace/x', version: '1.0.0' },
          spans: [
            {
              traceId: '8235697ef4877279f6eb1500c1a5bd87',
              spanId: '2e49ae3244d38556',
              parentSpanId: '77210b324a506f9c',
              name: 'process orders',
              kind: 5,
              startTimeUnixNano: '1700000000005000000',
              endTimeUnixNano: '1700000000007000000',
              attributes: [],
              droppedAttributesCount: 0,
              events: [
                {
                  attributes: [
                    { key: 'exception.type', value: { stringValue: 'RangeError' } },
                    { key: 'exception.message', value: { stringValue: 'boom' } },
                  ],
                  name: 'exception',
                  timeUnixNano: '1700000000006000000',
                  droppedAttributesCount: 0,
                },
              ],
              droppedEventsCount: 0,
              status: { code: 2, message: 'boom' },
              links: [
                {
                  attributes: [{ key: 'link.type', value: { stringValue: 'creation' } }],
                  spanId: '77210b324a506f9c',
                  traceId: '8235697ef4877279f6eb1500c1a5bd87',
                  droppedAttributesCount: 0,
                  flags: 257,
                },
              ],
              droppedLinksCount: 0,
              flags: 257,
            },
            {
              traceId: '8235697ef4877279f6eb1500c1a5bd87',
              spanId: '77210b324a506f9c',
              name: 'send orders',
              kind: 4,
              startTimeUnixNano: '1700000000000000000',
              endTimeUnixNano: '1700000000008000000',
              attributes: [
                { key: 's', value: { stringValue: 'text' } },
                { key: 'i', value: { intValue: 42 } },
                { key: 'neg', value: { intValue: -7 } },
                { key: 'd', value: { doubleValue: 1.5 } },
                { key: 'b', value: { boolValue: true } },
                { key: 'off', value: { boolValue: false } },
                { key: 'list', value: { arrayValue: { values: [{ stringValue: 'a' }, { stringValue: 'b' }] } } },
                { key: 'nums', value: { arrayValue: { values: [{ intValue: 1 }, { intValue: 2 }] } } },
              ],
              droppedAttributesCount: 0,
              events: [],
              droppedEventsCount: 0,
              status: { code: 0 },
              links: [],
              droppedLinksCount: 0,
              flags: 257,
            },
          ],
        },
      ],
    },
  ],
};

export const metricsJson = {
  resourceMetrics: [
    {
      resource: { attributes: [{ key: 'service.name', value: { stringValue: 'orders' } }], droppedAttributesCount: 0 },
      scopeMetrics: [
        {
          scope: { name: '@queuetrace/x', version: '' },
          metrics: [
            {
              name: 'sent',
              description: '',
              unit: '{message}',
              sum: {
                aggregationTemporality: 2,
                isMonotonic: true,
                dataPoints: [
                  {
                    attributes: [{ key: 'a', value: { stringValue: 'x' } }],
                    startTimeUnixNano: '1795388608173000000',
                    timeUnixNano: '1795388608173000000',
                    asInt: 3,
                  },
                ],
              },
            },
            {
              name: 'inflight',
              description: '',
              unit: '',
              sum: {
                aggregationTemporality: 2,
                isMonotonic: false,
                dataPoints: [
                  {
                    attributes: [],
                    startTimeUnixNano: '1795388608173000000',
                    timeUnixNano: '1795388608173000000',
                    asDouble: -2,
                  },
                ],
              },
            },
            {
              name: 'lag',
              description: '',
              unit: '',
              gauge: {
                dataPoints: [
                  {
                    attributes: [],
                    startTimeUnixNano: '1795388608173000000',
                    timeUnixNano: '1795388608173000000',
                    asDouble: 2.5,
                  },
                ],
              },
            },
            {
              name: 'duration',
              description: '',
              unit: 's',
              histogram: {
                aggregationTemporality: 2,
                dataPoints: [
                  {
                    attributes: [],
                    bucketCounts: [0, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0],
                    explicitBounds: [0, 5, 10, 25, 50, 75, 100, 250, 500, 750, 1000, 2500, 5000, 7500, 10000],
                    count: 2,
                    sum: 2.5,
                    min: 0.5,
                    max: 2,
                    startTimeUnixNano: '1795388608173000000',
                    timeUnixNano: '1795388608173000000',
                  },
                ],
              },
            },
          ],
        },
      ],
    },
  ],
};
