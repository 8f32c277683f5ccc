'use strict';
// A server that dies, falls silent, and comes back.

const assert = require('node:assert');
const { test } = require('node:test');
const ari = require('..');
const { Asterisk, Inbox, notOurs, unique, until } = require('./real');

const options = { timeout: 120_000, skip: notOurs };

/** Runs a test with an Asterisk that it may kill. */
function mortal(name, run) {
  test(name, options, async () => {
    const asterisk = await Asterisk.own();
    try {
      await run(asterisk);
    } finally {
      await asterisk.close();
    }
  });
}

const CONNECTION = ['Connected', 'ConnectionLost', 'Reconnecting', 'Reconnected', 'ConnectionClosed'];

for (const how of ['kill', 'restart']) {
  mortal(`a server that dies and comes back: ${how}`, async (asterisk) => {
    const client = await asterisk.connect({ maxDelay: 0.5 });
    const legacy = [];
    client.on('WebSocketConnected', () => legacy.push('connected'));
    client.on('WebSocketReconnecting', (error) =>
      legacy.push(error instanceof Error ? 'reconnecting' : error),
    );
    const inbox = new Inbox(client);
    const app = unique('outage');
    await client.start(app);
    await inbox.next('Connected');

    const door = 'Stasis:door';
    await client.applications.subscribe({ applicationName: app, eventSource: `deviceState:${door}` });
    await client.deviceStates.update({ deviceName: door, deviceState: 'INUSE' });
    await inbox.next('DeviceStateChanged', { device_state: door });
    await client.channels.originate({ endpoint: 'Local/100@default', app, channelId: 'call1' });
    await inbox.next('StasisStart', { channel: 'call1' });

    await asterisk.command(how);
    if (how === 'kill') {
      await inbox.next('Reconnecting');
      await assert.rejects(
        client.getInfo(),
        (error) => error instanceof ari.AriException && error.status === null,
      );
      await asterisk.command('start');
    }
    const [reconnected] = await inbox.next('Reconnected');
    assert.ok(JSON.stringify(reconnected).includes(`deviceState:${door}`), JSON.stringify(reconnected));

    // The new server knows what the old one had been asked for.
    await client.deviceStates.update({ deviceName: door, deviceState: 'NOT_INUSE' });
    const [changed] = await inbox.next('DeviceStateChanged', { device_state: door });
    assert.strictEqual(changed.device_state.state, 'NOT_INUSE');
    await client.channels.originate({ endpoint: 'Local/100@default', app, channelId: 'call2' });
    await inbox.next('StasisStart', { channel: 'call2' });

    client.stop();
    const told = inbox.types.filter((type) => CONNECTION.includes(type));
    assert.deepStrictEqual(told.slice(0, 3), ['Connected', 'ConnectionLost', 'Reconnecting']);
    assert.strictEqual(told.at(-1), 'Reconnected');
    assert.deepStrictEqual([legacy[0], legacy[1], legacy.at(-1)], ['connected', 'reconnecting', 'connected']);
  });
}

mortal('a server that falls silent', async (asterisk) => {
  const client = await asterisk.connect({
    pingInterval: 0.3,
    pongTimeout: 0.5,
    maxDelay: 0.3,
    connectTimeout: 1,
  });
  const inbox = new Inbox(client);
  await client.start(unique('silence'));
  await asterisk.command('freeze');
  await inbox.next('ConnectionLost');
  await asterisk.command('thaw');
  await inbox.next('Reconnected');
  client.stop();
});

mortal("reconnect: 'never'", async (asterisk) => {
  const client = await asterisk.connect({ reconnect: 'never' });
  const types = [];
  const listen = async () => {
    for await (const event of client.events(unique('never'))) types.push(event.type);
  };
  const listening = listen();
  await until(
    () => types.includes('Connected'),
    () => types.join(),
  );
  const rejected = assert.rejects(listening, (error) => error instanceof ari.ConnectionException);
  await asterisk.command('kill');
  await rejected;
  assert.ok(!types.includes('Reconnecting'), types.join());

  // The client itself goes on, with whatever server is there.
  await asterisk.command('start');
  assert.strictEqual((await client.asterisk.ping()).ping, 'pong');
});

mortal('stop() while the connection is made again', async (asterisk) => {
  const client = await asterisk.connect({ maxDelay: 0.2 });
  const inbox = new Inbox(client);
  const app = unique('stopped');
  await client.start(app);
  await asterisk.command('kill');
  await inbox.next('Reconnecting');
  client.stop();
  await asterisk.command('start');
  const told = inbox.types.length;
  await client.start(app);
  await inbox.next('Connected');
  assert.ok(!inbox.types.slice(told).includes('Reconnected'));
  client.stop();
});
