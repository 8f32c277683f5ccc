'use strict';
// Many events at once, while the JavaScript thread is busy: none is lost, and Asterisk does not notice.

const assert = require('node:assert');
const { execFileSync } = require('node:child_process');
const { after, before, test } = require('node:test');
const { Asterisk, PACKAGE, unique, within } = require('./real');

const EVENTS = 20_000;
const NAP = 2000; // milliseconds, at least
const timeout = 180_000;

let asterisk;

before(async () => {
  asterisk = await Asterisk.any();
});
after(() => asterisk.close());

/** Calls the extension that floods. */
function flood(client, app, channelId) {
  const variables = { N: String(EVENTS) };
  return client.channels.originate({ endpoint: 'Local/300@default', app, channelId, variables });
}

/** Blocks this thread, and with it the event loop: for a while, and until Asterisk has got to the end of its flood. */
function nap(channelId) {
  const wakeUp = Date.now() + NAP;
  const source = `
    const ari = require(${JSON.stringify(PACKAGE)});
    (async () => {
      const client = await ari.connect(...${JSON.stringify([asterisk.url, asterisk.username, asterisk.password])});
      const channels = (await client.channels.list()).filter((each) => each.name.startsWith('Local/300@'));
      let done = false;
      while (!done) {
        const values = await Promise.all(channels.map((each) => each.getChannelVar({ variable: 'I' }).catch(() => ({}))));
        done = values.some(({ value }) => value === '${EVENTS}');
      }
      console.log('done');
    })();`;
  const said = execFileSync(process.execPath, ['-e', source], { encoding: 'utf8', timeout: 120_000 });
  assert.strictEqual(said, 'done\n', channelId);
  while (Date.now() < wakeUp);
}

const all = Array.from({ length: EVENTS + 1 }, (_, number) => String(number));

test('handlers get every event, in order, after a nap of the event loop', { timeout }, async () => {
  const client = await asterisk.connect({ reconnect: 'never' });
  const [app, id] = [unique('app'), unique('channel')];
  const [seen, others] = [[], []];
  for (const type of [
    'ConnectionLost',
    'ConnectionClosed',
    'EventsDropped',
    'UnreadableFrame',
    'Reconnecting',
  ]) {
    client.addEventHandler(type, (event) => others.push(event.type));
  }
  const over = new Promise((resolve) => {
    client.on('ChannelVarset', (event) => {
      if (event.variable !== 'I') return;
      if (seen.length === 0) nap(id);
      seen.push(event.value);
      if (event.value === String(EVENTS)) resolve();
    });
  });
  await client.start(app);
  const channel = await flood(client, app, id);
  await within(over, () => `${seen.length} events, ${others}`, timeout);
  assert.deepStrictEqual(seen, all);
  assert.deepStrictEqual(others, []);
  await channel.hangup();
  client.stop();
  console.log(`flood: node ${seen.length} events in order, event loop asleep for ${NAP / 1000} s`);
});

test('for await gets every event, in order, after a nap of the event loop', { timeout }, async () => {
  const client = await asterisk.connect({ reconnect: 'never' });
  const [app, id] = [unique('app'), unique('channel')];
  const [seen, types] = [[], new Set()];
  for await (const event of client.events(app)) {
    types.add(event.type);
    if (event.type === 'Connected') await flood(client, app, id);
    if (event.variable !== 'I') continue;
    if (seen.length === 0) nap(id);
    seen.push(event.value);
    if (event.value === String(EVENTS)) break;
  }
  assert.deepStrictEqual(seen, all);
  assert.ok(!types.has('EventsDropped') && !types.has('ConnectionLost'), [...types].join());
  await client.channels.hangup({ channelId: id });
});
