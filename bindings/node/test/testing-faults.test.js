'use strict';
// What goes wrong when the test wants it, as our own client sees it.

const assert = require('node:assert');
const { once } = require('node:events');
const { test } = require('node:test');
const ari = require('..');
const { connected } = require('./simulated');

const timeout = 60_000;
const quick = { minDelay: 0.02, maxDelay: 0.1, pingInterval: 0.1, pongTimeout: 0.1, connectTimeout: 1 };

test('a status is the error of its class, once', { timeout }, async (t) => {
  const { sim, client } = await connected(t, { events: false });
  for (const [status, name] of [
    [undefined, 'AsteriskServerException'],
    [404, 'NotFoundException'],
    [409, 'IllegalStateException'],
    [412, 'PreconditionFailedException'],
    [422, 'UnprocessableException'],
    [503, 'AsteriskUnknownException'],
  ]) {
    await sim.fail('channels.list', { status, message: 'on purpose' });
    await assert.rejects(client.channels.list(), { name, status: status ?? 500, reason: 'on purpose' });
    assert.deepStrictEqual(await client.channels.list(), []);
  }
  await sim.expectRequest('channels.list', {}, { status: 412 });
});

test('faults have a number, and calls they are for', { timeout }, async (t) => {
  const { sim, client } = await connected(t, { events: false });
  const outcome = async (deviceName) =>
    client.deviceStates.update({ deviceName, deviceState: 'INUSE' }).then(
      () => 'done',
      (error) => error.status,
    );
  await sim.fail('deviceStates.update', { times: 2, arguments: { deviceName: 'Stasis:door' } });
  const outcomes = [];
  for (const name of ['Stasis:door', 'Stasis:window', 'Stasis:door', 'Stasis:door'])
    outcomes.push(await outcome(name));
  assert.deepStrictEqual(outcomes, [500, 'done', 500, 'done']);

  const other = client.Channel('other');
  await sim.fail('channels.hangup', {
    status: 409,
    arguments: { channelId: client.Channel('gone') },
    delay: 0.01,
  });
  const ending = (channel) => channel.hangup().catch((error) => error.status);
  assert.deepStrictEqual([await ending(other), await ending(client.Channel('gone'))], [404, 409]);

  await sim.fail('*', { status: 503, times: Number.POSITIVE_INFINITY });
  assert.strictEqual((await sim.faults())[0].times, null);
  for (let n = 0; n < 5; n += 1) assert.strictEqual(await outcome('Stasis:door'), 503);
  await sim.clearFaults();
  assert.deepStrictEqual(await sim.faults(), []);
  assert.strictEqual(await outcome('Stasis:door'), 'done');
});

test('an answer that is late', { timeout }, async (t) => {
  const { sim, client } = await connected(t, { events: false, requestTimeout: 0.2 });
  await sim.delay('channels.list', 30);
  await assert.rejects(client.channels.list(), { name: 'TimeoutException', delivery: 'outcome unknown' });
  await sim.delay('channels.list', 0.01, { times: 2 });
  assert.deepStrictEqual(await client.channels.list(), []);
});

test('an answer that never comes', { timeout }, async (t) => {
  const { sim, client } = await connected(t, { events: false, requestTimeout: 0.2 });
  const create = (bridgeId) => client.bridges.create({ bridgeId });
  for (const how of ['close', 'reset', undefined, 'silence']) {
    await sim.cut('bridges.create', how);
    const name = how === 'silence' ? 'TimeoutException' : 'ConnectionException';
    await assert.rejects(create('lost'), { name, delivery: 'outcome unknown' });
  }
  assert.deepStrictEqual(await client.bridges.list(), []);
  await sim.cut('bridges.create', 'reset', { performed: true });
  await assert.rejects(create('done'), { delivery: 'outcome unknown' });
  assert.deepStrictEqual(
    (await client.bridges.list()).map(({ id }) => id),
    ['done'],
  );
});

for (const [what, event, end] of [
  ['dropped', 'ConnectionLost', (sim) => sim.drop()],
  ['reset', 'ConnectionLost', (sim) => sim.resetConnections({ application: 'hello' })],
  ['closed', 'ConnectionClosed', (sim) => sim.closeConnections(1012)],
  ['closed in good order', 'ConnectionClosed', (sim) => sim.closeConnections({ application: 'hello' })],
]) {
  test(`an event connection that is ${what} is made again`, { timeout }, async (t) => {
    const { sim, client } = await connected(t, quick);
    const told = [];
    client.addEventHandler('*', ({ type }) => told.push(type));
    const again = once(client, 'Reconnected');
    assert.strictEqual(await end(sim), 1);
    await again;
    assert.deepStrictEqual(told, [event, 'Reconnecting', 'Reconnected']);
    const fresh = once(client, 'Fresh');
    await sim.sendEvent('hello', { type: 'Fresh' });
    await fresh;
  });
}

test('a server that falls silent is noticed by its pings', { timeout }, async (t) => {
  const { sim, client } = await connected(t, quick);
  const again = once(client, 'Reconnected');
  assert.strictEqual(await sim.silence(), 1);
  await again;
});

test('a short silence is none', { timeout }, async (t) => {
  const { sim, client } = await connected(t, { pingInterval: 30 });
  const told = [];
  client.addEventHandler('*', ({ type }) => told.push(type));
  await sim.silence({ application: 'hello' });
  await sim.sendEvent('hello', { type: 'Unheard' });
  await sim.resume();
  const heard = once(client, 'Heard');
  await sim.sendEvent('hello', { type: 'Heard' });
  await heard;
  assert.deepStrictEqual(told, ['Heard']);
});

test('connections that there are not', { timeout }, async (t) => {
  const { sim } = await connected(t);
  const other = { application: 'other', within: 0.05 };
  for (const given of [[other], [1012, other]]) {
    await assert.rejects(sim.closeConnections(...given), { status: 409, message: /"other"/ });
  }
  await assert.rejects(sim.drop(other), { status: 409 });
  await assert.rejects(sim.closeConnections({ code: 1 }), { status: 400 });
});

test('a restart', { timeout }, async (t) => {
  const { sim, client } = await connected(t, quick);
  await client.bridges.create({ bridgeId: 'b' });
  const again = once(client, 'Reconnected');
  await sim.restart({ down: 0.1, loading: 0.05, booting: 0.05 });
  await again;
  assert.deepStrictEqual(await client.bridges.list(), []);
});

test('a restart that is not waited for', { timeout }, async (t) => {
  const { sim, client } = await connected(t, { ...quick, events: false });
  await sim.restart({ down: 30, wait: false });
  await assert.rejects(client.channels.list(), ari.ConnectionException);
  assert.notStrictEqual((await sim.about()).mode, 'up');
});

test('it goes away and comes back', { timeout }, async (t) => {
  const { sim, client } = await connected(t, quick);
  const lost = once(client, 'ConnectionLost');
  await sim.stop();
  await lost;
  await assert.rejects(client.channels.list(), { name: 'ConnectionException', delivery: 'not sent' });
  const again = once(client, 'Reconnected');
  await sim.start();
  await again;
  assert.deepStrictEqual(await client.channels.list(), []);
});
