// A test of the IVR without an Asterisk: the simulator takes its place, and calls.
//
//     node --test

const { test } = require('node:test');
const { Simulator } = require('asterisk-ari/testing');
const { APPLICATION, serve } = require('./ivr');

test('digits are said back, and # leaves the menu', async (t) => {
  const sim = await Simulator.start();
  t.after(() => sim.close());
  const client = await sim.connect();
  serve(client);
  await client.start(APPLICATION);

  const call = await sim.call('1000', { caller: 'Ann <123>' });
  await call.expectHeard('sound:hello-world');
  await call.press('2');
  await call.expectHeard('sound:digits/2');
  await call.press('#');
  await sim.expectRequest('channels.continueInDialplan', { extension: 'goodbye' });
  await call.expectHungUp();
});
