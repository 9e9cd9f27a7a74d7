import { createRequire } from 'node:module';
import consume from './consume.cjs';

consume(createRequire(import.meta.url)('sqs-consumer'));
