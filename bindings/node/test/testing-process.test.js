'use strict';
// Simulators in processes and threads that end, with and without their consent.

const assert = require('node:assert');
const { once } = require('node:events');
const fs = require('node:fs');
const net = require('node:net');
const os = require('node:os');
const path = require('node:path');
const { test } = require('node:test');
const { Worker } = require('node:worker_threads');
const { Simulator } = require('../testing');
const { node, simulate } = require('./simulated');

const PACKAGE = path.join(__dirname, '..');
const HEAD = `const { Simulator } = require(${JSON.stringify(path.join(PACKAGE, 'testing.js'))});\n`;
const timeout = 60_000;

test('one that was not closed keeps no process alive', { timeout }, async () => {
  const { code, out } = await node(
    '-e',
    `${HEAD} Simulator.start().then((sim) => sim.about()).then(({ mode }) => console.log(mode));`,
  );
  assert.deepStrictEqual([code, out], [0, 'up\n']);
});

test('a process may end in the middle of it', { timeout }, async () => {
  const { code, out } = await node(
    '-e',
    `${HEAD} Simulator.start().then((sim) => {
      sim.expectRequest('channels.play');
      setTimeout(() => process.exit(7), 50);
    });`,
  );
  assert.deepStrictEqual([code, out], [7, '']);
});

test('a failed test file ends, and says what happened where', { timeout }, async (t) => {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'ari-testing-'));
  t.after(() => fs.rmSync(folder, { recursive: true }));
  const file = path.join(folder, 'forgetful.test.js');
  const body = `require('node:test').test('it forgets to close', async () => {
    const sim = await new Simulator();
    await sim.expectRequest('channels.answer', { channelId: 'c' }, { within: 0.05 });
  });`;
  fs.writeFileSync(file, HEAD + body);
  const { code, out } = await node('--test', file);
  assert.strictEqual(code, 1, out);
  assert.match(
    out,
    /expected the request channels\.answer with channelId "c" within 0\.05 s, but it did not come/,
  );
  assert.match(out, /No application is connected/);
  assert.match(out, /forgetful\.test\.js:4:\d+/);
});

test('one that nobody holds goes on', { timeout }, async () => {
  const { code, out } = await node(
    '--expose-gc',
    '-e',
    `${HEAD}
    (async () => {
      const { controlUrl } = await Simulator.start();
      for (let n = 0; n < 5; n += 1) {
        gc();
        await new Promise((done) => setTimeout(done, 10));
      }
      const other = await Simulator.start({ controlUrl });
      console.log((await other.about()).mode);
    })();`,
  );
  assert.deepStrictEqual([code, out], [0, 'up\n']);
});

test('what nobody waits for any more is no unhandledRejection, unless it is not met', {
  timeout,
}, async () => {
  const program = (then) =>
    node(
      '-e',
      `${HEAD} Simulator.start().then((sim) => {
      sim.expectRequest('channels.play', {}, { within: 0.1 });
      ${then}
    });`,
    );
  const closed = await program('setTimeout(() => sim.close(), 20);');
  assert.deepStrictEqual([closed.code, closed.out], [0, '']);
  const unmet = await program('');
  assert.strictEqual(unmet.code, 1);
  assert.match(unmet.out, /ExpectationError.*channels\.play/);
});

/** Whether somebody listens at an address. */
async function listens(url) {
  const { hostname, port } = new URL(url);
  const socket = net.connect(Number(port), hostname);
  return new Promise((resolve) => {
    socket.on('connect', () => resolve(true));
    socket.on('error', () => resolve(false));
  }).finally(() => socket.destroy());
}

for (const [end, how] of [
  ['by itself', (_worker) => {}],
  ['by terminate()', (worker) => worker.terminate()],
]) {
  test(`a thread that ends ${end} takes its simulator with it, and no other`, { timeout }, async (t) => {
    const sim = await simulate(t);
    const source = `${HEAD}
      const { parentPort } = require('node:worker_threads');
      Simulator.start().then((sim) => {
        ${end === 'by itself' ? '' : `sim.expectRequest('channels.play', {}, { within: 3600 });`}
        parentPort.postMessage(sim.url);
      });`;
    const worker = new Worker(source, { eval: true });
    const gone = once(worker, 'exit');
    const [url] = await once(worker, 'message');
    how(worker);
    await gone;
    assert.ok(!(await listens(url)));
    assert.ok(await listens(sim.url));
    assert.strictEqual((await sim.about()).mode, 'up');
  });
}

test('several at once', { timeout }, async (t) => {
  const sims = await Promise.all(Array.from({ length: 20 }, () => simulate(t)));
  assert.strictEqual(new Set(sims.map(({ url }) => url)).size, 20);
  const abouts = await Promise.all(sims.map((sim) => sim.about()));
  assert.ok(abouts.every(({ mode }) => mode === 'up'));
  await Promise.all(sims.map((sim) => sim.close()));
  for (const { url } of sims) assert.ok(!(await listens(url)));
});

test('starting and closing again and again leaves nothing behind', { timeout }, async () => {
  for (let n = 0; n < 100; n += 1) {
    const sim = await Simulator.start();
    await sim.about();
    await sim.close();
  }
  // Each had two ports and a thread.
  const open = fs.existsSync('/proc/self/fd') ? fs.readdirSync('/proc/self/fd').length : 0;
  assert.ok(open < 100, `${open} files are open`);
});
