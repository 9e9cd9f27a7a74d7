/** The oldest version that is supported, under another name. */
declare module 'amqplib-oldest' {
  export { connect } from 'amqplib';
}
declare module 'amqplib-oldest/callback_api' {
  export { connect } from 'amqplib/callback_api';
}
