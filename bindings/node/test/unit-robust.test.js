'use strict';
// What a reviewer broke, and what a program or a server may do without meaning to.

const assert = require('node:assert/strict');
const { AsyncLocalStorage } = require('node:async_hooks');
const { once } = require('node:events');
const { inspect } = require('node:util');
const { test } = require('node:test');
const ari = require('..');
const { decode, encode } = require('../lib/json');
const { PASSWORD, USER, scene, started } = require('./fake');

test('handlers run in the asynchronous context of their start, answers in that of their call', async (t) => {
  const storage = new AsyncLocalStorage();
  const { fake, client } = await storage.run('connect', () => scene(t));
  fake.answer('GET', '/channels', 200, []);
  const seen = [];
  client.on('Tick', () => seen.push(storage.getStore()));
  client.addEventHandler('Tick', () => seen.push(storage.getStore()));
  await storage.run('start', () => client.start('a'));
  const socket = await fake.socket();
  await storage.run('call', async () => {
    await client.channels.list();
    assert.equal(storage.getStore(), 'call');
  });
  socket.sendAll({ type: 'Tick' }, { type: 'End' });
  await once(client, 'End');
  assert.deepEqual(seen, ['start', 'start']);
});

test('no wake-up is missed between bursts of which little is wanted', async (t) => {
  for (let round = 0; round < 10; round += 1) {
    const { client, socket } = await started(t);
    let wanted = 0;
    client.on('Wanted', () => {
      wanted += 1;
    });
    const end = once(client, 'End');
    for (let n = 0; n < 3000; n += 1)
      socket.send(JSON.stringify({ type: n % 10 === 0 ? 'Wanted' : 'Other', n }));
    socket.sendAll({ type: 'End' });
    await end;
    assert.equal(wanted, 300);
    client.stop();
  }
});

test('what is rejected with something strange is a warning, too', async () => {
  for (const reason of [Symbol('strange'), Object.create(null), undefined]) {
    const warned = once(process, 'warning');
    ari.AriPromise.resolve().then(() => Promise.reject(reason));
    const [warning] = await warned;
    assert.ok(warning.message.includes(inspect(reason)), warning.message);
  }
});

test('integers are exact in what is nested deeply, and refused beyond 64 bits', () => {
  const depth = 10_000;
  const text = `${'['.repeat(depth)}9007199254740993${']'.repeat(depth)}`;
  let value = decode(text, true);
  for (let level = 0; level < depth; level += 1) value = value[0];
  assert.equal(value, 9007199254740993n);
  assert.equal(decode('9007199254740993', true), 9007199254740993n);
  assert.equal(encode(2n ** 64n - 1n, 'n', 'x'), '18446744073709551615');
  assert.equal(encode(-(2n ** 63n), 'n', 'x'), '-9223372036854775808');
  for (const big of [2n ** 64n, -(2n ** 63n) - 1n, { B: 10n ** 30n }]) {
    assert.throws(() => encode(big, 'n', 'x'), {
      name: 'IllegalInputException',
      message: /n of x .*64 bits/,
    });
  }
});

test('fields may have the names of what every object has', async (t) => {
  const { client, socket } = await started(t);
  const seen = [];
  const fields = { id: 'c', constructor: 1, toJSON: 2, hasOwnProperty: 3, prototype: 4 };
  client.on('ChannelHold', (_, channel) => {
    channel.on('ChannelUnhold', (_, again) => seen.push([inspect(again), JSON.stringify(again)]));
  });
  const text = JSON.stringify({ ...fields, __proto__: undefined }).replace('}', ',"__proto__":{"evil":5}}');
  for (const type of ['ChannelHold', 'ChannelUnhold'])
    socket.send(`{"type":"${type}","timestamp":"","application":"a","channel":${text}}`);
  socket.sendAll({ type: 'End' });
  await once(client, 'End');
  assert.equal(seen.length, 1);
  assert.match(seen[0][0], /constructor: 1/);
  assert.equal(seen[0][1], text);
  assert.equal({}.evil, undefined);
});

test('what makes no sense is refused, by name', async (t) => {
  const { fake, client } = await scene(t);
  const refused = { name: 'IllegalInputException', delivery: 'not sent' };
  const connect = (options, callback) => ari.connect(fake.url, USER, PASSWORD, options, callback);
  await assert.rejects(connect(new Map([['strict', true]])), { ...refused, message: /options of connect/ });
  await assert.rejects(connect({ maxBodyBytes: 2 ** 30 }), {
    ...refused,
    message: /maxBodyBytes .* at most/,
  });
  await assert.rejects(connect({ requestTimeout: 1, request_timeout: 2 }), {
    ...refused,
    message: /requestTimeout/,
  });
  await assert.rejects(connect({}, 'no function'), { ...refused, message: /callback of connect/ });
  await assert.rejects(client.start('a', true, 5), { ...refused, message: /callback of start/ });
  await assert.rejects(client.start('a', 'perhaps'), { ...refused, message: /subscribeAll/ });
  await assert.rejects(client.channels.list(new Map([['a', 1]])), { ...refused, message: /Map/ });
  await assert.rejects(client.channels.list({}, []), { ...refused, message: /success and error/ });
  assert.throws(() => client.events('a', 5), { ...refused, message: /options of client.events/ });
  assert.throws(() => client.Channel('id', 'values'), { ...refused, message: /values of a Channel/ });
  assert.deepEqual(fake.sockets, []);
});

test('a client goes on with its own classes when the module is loaded anew', async (t) => {
  const { client } = await scene(t);
  for (const name of Object.keys(require.cache)) if (!name.endsWith('.node')) delete require.cache[name];
  t.after(() => {
    for (const name of Object.keys(require.cache)) if (!name.endsWith('.node')) delete require.cache[name];
  });
  const again = require('..');
  assert.notEqual(again.NotFoundException, ari.NotFoundException);
  await assert.rejects(client.channels.get({ channelId: 'x' }), (error) => error instanceof ari.AriException);
  await assert.rejects(client.channels.get(), (error) => error instanceof ari.IllegalInputException);
});
