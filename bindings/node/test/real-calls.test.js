'use strict';
// A call from its beginning to its end on a real Asterisk, with promises, with callbacks, and with success and error.

const assert = require('node:assert');
const { after, before, describe, test } = require('node:test');
const ari = require('..');
const { Asterisk, Inbox, sleep, unique } = require('./real');

const timeout = 120_000;

/** The ways to call an operation; each gives a promise of the result. */
const STYLES = {
  promises: (object, name, ...given) => object[name](...given),
  callbacks: (object, name, ...given) =>
    new Promise((resolve, reject) => {
      object[name](...given, (error, result) => (error ? reject(error) : resolve(result)));
    }),
  'success and error': (object, name, ...given) =>
    new Promise((resolve, reject) => {
      object[name](...given, { success: resolve, error: reject }).catch(reject);
    }),
};

let asterisk;

before(async () => {
  asterisk = await Asterisk.any();
});
after(() => asterisk.close());

describe('a whole call', { concurrency: true }, () => {
  for (const [style, call] of Object.entries(STYLES)) {
    test(`with ${style}`, { timeout }, async () => {
      const client = await asterisk.connect();
      try {
        await wholeCall(client, call);
      } finally {
        client.stop();
      }
    });
  }
});

async function wholeCall(client, call) {
  const app = unique('app');
  const inbox = new Inbox(client);
  await client.start(app);

  // originate, answer: extension 205 answers and sends DTMF 1234#
  const id = unique('channel');
  const made = await call(client.channels, 'originate', {
    endpoint: 'Local/205@default',
    app,
    appArgs: 'a,b c',
    channelId: id,
    timeout: 10,
  });
  assert.strictEqual(made.id, id);
  const [start, channel] = await inbox.next('StasisStart', { channel: id });
  assert.deepStrictEqual(start.args, ['a', 'b c']);
  await call(channel, 'answer');
  assert.strictEqual((await call(channel, 'get')).state, 'Up');

  // DTMF
  let digits = '';
  while (digits.length < 5) digits += (await inbox.next('ChannelDtmfReceived', { channel: id }))[0].digit;
  assert.strictEqual(digits, '1234#');

  // play, with an id of our own
  const playback = client.Playback();
  await call(channel, 'play', { media: 'sound:hello-world' }, playback);
  const [, started] = await inbox.next('PlaybackStarted', { playback: playback.id });
  assert.ok(started instanceof playback.constructor);
  const [finished] = await inbox.next('PlaybackFinished', { playback: playback.id });
  assert.strictEqual(finished.playback.state, 'done');

  // variables
  await call(channel, 'setChannelVar', { variable: 'COLOUR', value: 'red & blue' });
  assert.strictEqual((await call(channel, 'getChannelVar', { variable: 'COLOUR' })).value, 'red & blue');

  // record and download: extension 201 is a tone
  const otherId = unique('channel');
  await call(client.channels, 'originate', { endpoint: 'Local/201@default', app, channelId: otherId });
  const [, other] = await inbox.next('StasisStart', { channel: otherId });
  const name = unique('recording');
  const recording = await call(other, 'record', { name, format: 'wav', maxDurationSeconds: 10, beep: false });
  assert.strictEqual(recording.name, name);
  await inbox.next('RecordingStarted', { recording: name });
  await sleep(1500); // the tone takes half a second to arrive
  await call(recording, 'stop');
  await inbox.next('RecordingFinished', { recording: name });
  const stored = client.StoredRecording(name);
  const file = await call(stored, 'getStoredFile');
  assert.ok(Buffer.isBuffer(file) && file.length > 4000);
  assert.strictEqual(file.subarray(0, 4).toString(), 'RIFF');
  const copy = await call(stored, 'copyStored', { destinationRecordingName: unique('copy') });
  assert.deepStrictEqual(await call(copy, 'getStoredFile'), file);
  for (const each of [stored, copy]) await call(each, 'deleteStored');

  // bridge
  const bridge = client.Bridge();
  await call(bridge, 'create', { type: 'mixing', name: 'test' });
  await call(bridge, 'addChannel', { channel: [channel.id, other.id] });
  for (const each of [channel, other]) {
    const [entered] = await inbox.next('ChannelEnteredBridge', { channel: each.id });
    assert.strictEqual(entered.bridge.id, bridge.id);
  }
  assert.deepStrictEqual((await call(bridge, 'get')).channels.sort(), [channel.id, other.id].sort());

  // snoop
  const snoop = client.Channel();
  await call(channel, 'snoopChannel', { app, spy: 'both', whisper: 'none' }, snoop);
  await inbox.next('StasisStart', { channel: snoop.id });
  await call(snoop, 'hangup');
  await inbox.next('StasisEnd', { channel: snoop.id });

  // hang up
  await call(bridge, 'removeChannel', { channel: other.id });
  await inbox.next('ChannelLeftBridge', { channel: other.id });
  await call(bridge, 'destroy');
  for (const each of [channel, other]) {
    await call(each, 'hangup', { reason: 'normal' });
    const [destroyed] = await inbox.next('ChannelDestroyed', { channel: each.id });
    assert.strictEqual(destroyed.cause, 16);
  }
  await assert.rejects(call(channel, 'get'), (error) => {
    assert.ok(error instanceof ari.NotFoundException);
    assert.strictEqual(error.reason, 'Channel not found');
    assert.strictEqual(JSON.parse(error.message).message, 'Channel not found');
    return true;
  });
}

test('what the server says about itself', { timeout }, async () => {
  const client = await asterisk.connect();
  const info = await client.getInfo();
  assert.strictEqual(info.system.version, client.serverVersion);
  assert.strictEqual((await client.asterisk.ping()).ping, 'pong');
  const modules = await client.asterisk.listModules();
  assert.ok(modules.some(({ name, status }) => name === 'res_ari.so' && status === 'Running'));
  assert.ok((await client.sounds.list({ lang: 'en' })).some(({ id }) => id === 'hello-world'));
  assert.match((await client.sounds.get({ soundId: 'hello-world' })).formats[0].language, /^en/);
  assert.ok(Array.isArray(await client.getEndpoints()) && Array.isArray(await client.getBridges()));
});

test('refusals of the server', { timeout }, async () => {
  const client = await asterisk.connect();
  const refused = [
    [ari.NotFoundException, 404, () => client.channels.get({ channelId: 'nope' })],
    [ari.NotFoundException, 404, () => client.bridges.get({ bridgeId: 'nope' })],
    [ari.AsteriskServerException, 500, () => client.channels.originate({ endpoint: 'Nope/1', app: 'a' })],
    [ari.IllegalInputException, 400, () => client.channels.originate({ endpoint: 'Local/100@default' })],
  ];
  for (const [Expected, status, call] of refused) {
    await assert.rejects(call, (error) => {
      assert.strictEqual(error.constructor, Expected);
      assert.strictEqual(error.status, status);
      assert.strictEqual(error.delivery, 'rejected');
      return true;
    });
  }
});

test('a wrong password', { timeout }, async () => {
  const connecting = ari.connect(asterisk.url, asterisk.username, 'not this one');
  await assert.rejects(
    connecting,
    (error) => error instanceof ari.UnauthorizedException && error.status === 401,
  );
});

test('events by for await', { timeout }, async () => {
  const client = await asterisk.connect();
  const [app, id] = [unique('app'), unique('channel')];
  const seen = [];
  for await (const event of client.events(app)) {
    seen.push(event.type);
    if (event.type === 'Connected') {
      await client.channels.originate({ endpoint: 'Local/100@default', app, channelId: id });
    }
    if (event.type === 'StasisStart' && event.channel.id === id)
      await client.channels.hangup({ channelId: id });
    if (event.type === 'StasisEnd' && event.channel.id === id) break;
  }
  assert.deepStrictEqual([seen[0], seen.at(-1)], ['Connected', 'StasisEnd']);
  assert.ok(seen.includes('StasisStart'));
});
