'use strict';

const assert = require('node:assert/strict');
const { test } = require('node:test');
const ari = require('..');
const { CORE } = require('../lib/call');
const { Registry } = require('../lib/handlers');

/** The core's half, as far as handlers go. */
class Native {
  next = 0;
  wanted = new Map();

  subscribe(...interest) {
    this.next += 1;
    this.wanted.set(this.next, interest.join());
    return this.next;
  }

  unsubscribe(number) {
    return this.wanted.delete(number);
  }
}

function parts() {
  const native = new Native();
  const registry = new Registry(native);
  const client = { [CORE]: { registry } };
  return { native, registry, client, channel: (id, values) => new ari.Channel(client, id, values) };
}

test('20,000 objects that came and went leave nothing behind', () => {
  const { native, registry, channel } = parts();
  const handler = () => {};
  for (let i = 0; i < 20_000; i += 1) {
    const one = channel(`c${i}`);
    one.on('StasisEnd', handler);
    one.once('ChannelDtmfReceived', handler);
    one.on('ChannelDtmfReceived', handler);
    const handle = one.addEventHandler('*', handler);
    assert.ok(registry.size > 0);
    one.off('StasisEnd', handler);
    channel(`c${i}`).removeAllListeners();
    handle.close();
    handle.close();
  }
  assert.equal(registry.size, 0);
  assert.equal(native.wanted.size, 0);
});

test('many handlers of one thing are one subscription', () => {
  const { native, channel } = parts();
  for (let i = 0; i < 10; i += 1) channel(17).on('StasisEnd', () => {});
  channel('17').addEventHandler('StasisEnd', () => {});
  assert.deepEqual([...native.wanted.values()], ['StasisEnd,Channel,17']);
});

test('listeners belong to the object, whatever instance they are added on', () => {
  const { channel, registry } = parts();
  const [a, b] = [() => {}, () => {}];
  channel('1').on('X', a).on('X', b).on('X', a);
  const other = channel('1');
  assert.deepEqual(other.listeners('X'), [a, b, a]);
  other.removeListener('X', a);
  assert.deepEqual(other.listeners('X'), [a, b]);
  other.prependListener('X', b).once('Y', a).once('error', a);
  assert.deepEqual(other.listeners('X'), [b, a, b]);
  assert.deepEqual(other.eventNames(), ['X', 'Y', 'error']);
  assert.equal(other.listenerCount('Y'), 1);
  assert.equal(other.emit('Y'), true);
  assert.equal(other.emit('Y'), false);
  other.off('Z', a).removeAllListeners('X');
  assert.equal(channel('2').listenerCount('X'), 0);
  other.removeAllListeners();
  assert.equal(registry.size, 0);
});

test('once has gone before it is called', () => {
  const { channel } = parts();
  const one = channel('1');
  let calls = 0;
  one.once('X', () => {
    calls += 1;
    one.emit('X');
  });
  one.emit('X');
  assert.equal(calls, 1);
});

test('removeEventHandler says whether there was one', () => {
  const { channel, registry } = parts();
  const handler = () => {};
  channel('1').addEventHandler('X', handler);
  assert.equal(channel('1').removeEventHandler('Y', handler), false);
  assert.equal(channel('1').removeEventHandler('X', handler), true);
  assert.equal(channel('1').removeEventHandler('X', handler), false);
  assert.equal(registry.size, 0);
});

test('an endpoint is known by technology and resource', () => {
  const { client, native } = parts();
  new ari.Endpoint(client, 'PJSIP/bob').on('EndpointStateChange', () => {});
  new ari.Endpoint(client, { technology: 'PJSIP', resource: 'bob' }).on('EndpointStateChange', () => {});
  assert.deepEqual([...native.wanted.values()], ['EndpointStateChange,Endpoint,PJSIP/bob']);
});

test('a handler that is no function, and an object without an id, are refused', () => {
  const { channel, client, registry } = parts();
  for (const method of ['on', 'once', 'addListener', 'prependListener', 'addEventHandler']) {
    assert.throws(() => channel('1')[method]('X', 'no'), { name: 'TypeError', code: 'ERR_INVALID_ARG_TYPE' });
  }
  assert.throws(() => channel({ name: 'x' }).on('X', () => {}), ari.IllegalInputException);
  assert.throws(() => new ari.Asterisk(client).on('X', () => {}), ari.IllegalInputException);
  assert.equal(registry.size, 0);
});
