import { Consumer } from 'sqs-consumer';
import consume from './consume.cjs';

consume({ Consumer });
