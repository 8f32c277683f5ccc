'use strict';
// The password is in no log, no error and nothing that is printed.

const assert = require('node:assert/strict');
const { inspect } = require('node:util');
const { test } = require('node:test');
const ari = require('..');
const { PASSWORD, USER, basic, run, scene } = require('./fake');

function assertHidden(text) {
  for (const secret of [PASSWORD, basic(USER, PASSWORD).replace('Basic ', '')]) {
    assert.ok(!text.includes(secret), `a secret in: ${text}`);
  }
}

test('the log of the core, at its most detailed', async (t) => {
  const { fake } = await scene(t);
  process.env.ARI_LOG = 'trace';
  t.after(() => delete process.env.ARI_LOG);
  const { code, out, err } = await run(
    fake,
    `ari.connect(url, user, password).then(async (client) => {
       await client.start('hello');
       await client.channels.get({ channelId: 'gone' }).catch((error) => console.error(error, client));
       client.stop();
     });`,
  );
  assert.equal(code, 0, err);
  assert.match(err, /ari_core/);
  assert.match(err, /NotFoundException/);
  assertHidden(out + err);
});

test('clients, objects and errors that are printed', async (t) => {
  const { fake, client } = await scene(t);
  const options = { depth: Infinity, showHidden: true };
  assertHidden(inspect(client, options) + inspect(client.Channel('c'), options));
  const gone = await client.channels.get({ channelId: 'gone' }).catch((error) => error);
  const refused = await ari.connect(fake.url, USER, 'hunter2').catch((error) => error);
  assert.ok(gone instanceof ari.NotFoundException);
  assertHidden(inspect(gone, options) + inspect(refused, options) + JSON.stringify([gone, refused]));
  assert.ok(!inspect(refused, options).includes('hunter2'));
});
