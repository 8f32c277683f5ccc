'use strict';

const assert = require('node:assert/strict');
const { test } = require('node:test');
const { AriPromise } = require('..');
const { settle } = require('../lib/promise');
const { NotFoundException, PreconditionFailedException, IllegalInputException } = require('..');

const turn = () => new Promise((resolve) => setImmediate(() => setImmediate(resolve)));

/** The warnings of the library while something is done. */
async function warnings(work) {
  const seen = [];
  const listener = (warning) => seen.push(warning);
  process.on('warning', listener);
  await work();
  await turn();
  process.off('warning', listener);
  return seen.filter((warning) => warning.name === 'AriWarning').map((warning) => warning.message);
}

/** What becomes an uncaughtException while something is done. */
async function uncaught(work) {
  const seen = [];
  const listeners = process.listeners('uncaughtException');
  process.removeAllListeners('uncaughtException');
  process.on('uncaughtException', (error) => seen.push(error));
  await work();
  await turn();
  process.removeAllListeners('uncaughtException');
  for (const listener of listeners) process.on('uncaughtException', listener);
  return seen;
}

const failed = () => AriPromise.reject(new Error('on purpose'));

test('what nobody handles is a warning, once', async () => {
  assert.match((await warnings(async () => void failed()))[0], /nobody handled it: on purpose/);
  assert.equal((await warnings(async () => void failed().then(() => {}))).length, 1);
  assert.equal(
    (
      await warnings(
        async () =>
          void failed()
            .finally(() => {})
            .then(),
      )
    ).length,
    1,
  );
  assert.equal(
    (await warnings(async () => void AriPromise.resolve().then(() => Promise.reject(new Error('late')))))
      .length,
    1,
  );
});

test('await, then, catch and the combinators handle it', async () => {
  const seen = await warnings(async () => {
    await assert.rejects(async () => await failed());
    await failed().catch(() => {});
    await failed().then(undefined, () => {});
    await Promise.all([failed()]).catch(() => {});
    await Promise.allSettled([failed(), failed()]);
    await Promise.race([failed()]).catch(() => {});
    const later = failed();
    await Promise.resolve();
    await later.catch(() => {});
  });
  assert.deepEqual(seen, []);
});

test('what then gives is such a promise, too', async () => {
  assert.ok(AriPromise.resolve(1).then() instanceof AriPromise);
  assert.ok(failed().catch(() => {}) instanceof AriPromise);
  assert.ok(AriPromise.resolve(1) instanceof Promise);
  assert.equal(await AriPromise.resolve(1).then((n) => n + 1), 2);
});

test('done throws what nobody has handled', async () => {
  assert.match((await uncaught(() => failed().done()))[0].message, /on purpose/);
  assert.match(
    (await uncaught(() => AriPromise.resolve().done(() => JSON.parse('{'))))[0].name,
    /SyntaxError/,
  );
  assert.deepEqual(
    await uncaught(() =>
      failed()
        .catch(() => {})
        .done(),
    ),
    [],
  );
  assert.deepEqual(await uncaught(() => failed().done(undefined, () => {})), []);
  assert.deepEqual(await uncaught(() => settle(failed(), () => {}).done()), []);
  assert.equal(AriPromise.resolve().done(), undefined);
});

test('a callback is told once, later, and what it throws is not swallowed', async () => {
  const told = [];
  const seen = await warnings(async () => {
    settle(AriPromise.resolve(7), (...values) => told.push(values));
    settle(failed(), (error, ...rest) => told.push([error.message, ...rest]));
    assert.deepEqual(told, []);
  });
  assert.deepEqual(told, [[null, 7], ['on purpose']]);
  assert.deepEqual(seen, []);
  const thrown = await uncaught(() => settle(AriPromise.resolve(), () => JSON.parse('{')));
  assert.equal(thrown[0].name, 'SyntaxError');
});

test('{success, error} get the expected failures; the promise gets the others', async () => {
  const told = [];
  const handlers = { success: (value) => told.push(value), error: (error) => told.push(error.name) };
  assert.equal(await settle(AriPromise.resolve(7), handlers), 7);
  assert.equal(await settle(AriPromise.reject(new NotFoundException('x')), handlers), undefined);
  assert.equal(await settle(AriPromise.reject(new PreconditionFailedException('x')), handlers), undefined);
  await assert.rejects(
    settle(AriPromise.reject(new IllegalInputException('x')), handlers),
    IllegalInputException,
  );
  await assert.rejects(
    settle(AriPromise.reject(new NotFoundException('x')), { success() {} }),
    NotFoundException,
  );
  assert.deepEqual(told, [7, 'NotFoundException', 'PreconditionFailedException']);
  const thrown = await uncaught(() => settle(AriPromise.resolve(), { success: () => JSON.parse('{') }));
  assert.equal(thrown[0].name, 'SyntaxError');
});

test('async local storage reaches callbacks', async () => {
  const { AsyncLocalStorage } = require('node:async_hooks');
  const storage = new AsyncLocalStorage();
  let seen;
  await storage.run('mine', async () => {
    settle(AriPromise.resolve(), () => {
      seen = storage.getStore();
    });
  });
  await turn();
  assert.equal(seen, 'mine');
});
