'use strict';
// When a program ends, what ends it, and worker threads; with a real Asterisk.

const assert = require('node:assert');
const { once } = require('node:events');
const { after, before, test } = require('node:test');
const { Worker } = require('node:worker_threads');
const { Asterisk, Inbox, PACKAGE, unique, until, within } = require('./real');

const timeout = 60_000;

let asterisk;
let client;

before(async () => {
  asterisk = await Asterisk.any();
  client = await asterisk.connect();
});
after(() => asterisk.close());

function call(app, channelId = unique('channel')) {
  return client.channels.originate({ endpoint: 'Local/100@default', app, channelId });
}

test('a program that only calls ends by itself', { timeout }, async () => {
  const program = asterisk.program(`
    connect().then(async (client) => {
      say((await client.asterisk.ping()).ping);
      client.on('StasisStart', () => {});
    });`);
  assert.strictEqual(await program.end(), 0, program.errors);
  assert.deepStrictEqual(program.said, ['pong']);
});

test('an open event connection keeps a program alive, and stop() lets it end', { timeout }, async () => {
  const app = unique('app');
  const program = asterisk.program(`
    connect().then(async (client) => {
      client.on('StasisStart', async (event, channel) => {
        say(event.type);
        await channel.hangup();
        client.stop();
      });
      await client.start('${app}');
      say('open');
    });`);
  await program.until((said) => said === 'open');
  await call(app); // whoever hears of it is alive
  assert.strictEqual(await program.end(), 0, program.errors);
  assert.deepStrictEqual(program.said, ['open', 'StasisStart']);
});

test('the end of a for await lets a program end', { timeout }, async () => {
  const program = asterisk.program(`
    connect().then(async (client) => {
      for await (const event of client.events('${unique('app')}')) {
        say(event.type);
        break;
      }
    });`);
  assert.strictEqual(await program.end(), 0, program.errors);
  assert.deepStrictEqual(program.said, ['Connected']);
});

const STUMBLING = (app, handler) => `
  connect().then(async (client) => {
    let calls = 0;
    client.on('StasisStart', ${handler});
    client.on('StasisStart', (event, channel) => {
      calls += 1;
      say('start ' + calls);
      channel.hangup();
      if (calls === 2) client.stop();
    });
    await client.start('${app}');
    say('open');
  });`;

for (const [what, event, handler] of [
  ['a handler that throws', 'uncaughtException', `() => { throw new Error('on purpose'); }`],
  ['an async handler that fails', 'unhandledRejection', `async () => { throw new Error('on purpose'); }`],
]) {
  test(`${what} is an ${event}, and the stream goes on`, { timeout }, async () => {
    const app = unique('app');
    const program = asterisk.program(
      `process.on('${event}', (error) => say('caught ' + error.message));${STUMBLING(app, handler)}`,
    );
    await program.until((said) => said === 'open');
    await call(app);
    await program.until((said) => said === 'start 1');
    await call(app);
    assert.strictEqual(await program.end(), 0, program.errors);
    assert.deepStrictEqual(
      program.said.filter((said) => /^start/.test(said)),
      ['start 1', 'start 2'],
    );
    assert.deepStrictEqual(
      program.said.filter((said) => /^caught/.test(said)),
      Array(2).fill('caught on purpose'),
    );
  });

  test(`${what} ends a program that does not want to survive it`, { timeout }, async () => {
    const app = unique('app');
    const program = asterisk.program(STUMBLING(app, handler));
    await program.until((said) => said === 'open');
    await call(app);
    assert.notStrictEqual(await program.end(), 0);
    assert.match(program.errors, /on purpose/);
  });
}

test('an operation that nobody waits for is warned of, and no more', { timeout }, async () => {
  const program = asterisk.program(`
    connect().then((client) => {
      client.channels.get({ channelId: 'nope' });
      process.on('exit', () => say('end'));
    });`);
  assert.strictEqual(await program.end(), 0, program.errors);
  assert.deepStrictEqual(program.said, ['end']);
  assert.match(program.errors, /Channel not found/);
});

/** A thread with a client of its own; what it says comes as messages. */
function thread(t, source) {
  const { url, username, password } = asterisk;
  const head = `
    const { parentPort, workerData } = require('node:worker_threads');
    const ari = require(${JSON.stringify(PACKAGE)});
    const say = (value) => parentPort.postMessage(value);
    const connect = (options) => ari.connect(...workerData, options);\n`;
  const worker = new Worker(head + source, { eval: true, workerData: [url, username, password] });
  t.after(() => worker.terminate());
  worker.said = [];
  worker.on('message', (value) => worker.said.push(value));
  return worker;
}

/** Waits for a message of a thread. */
function hears(worker, condition) {
  return within(
    new Promise((resolve, reject) => {
      worker.on('error', reject);
      worker.on('message', (value) => condition(value) && resolve(value));
    }),
    () => JSON.stringify(worker.said.slice(-5)),
  );
}

test('calls in one thread, their events in another', { timeout }, async (t) => {
  const app = unique('app');
  const ids = Array.from({ length: 10 }, (_, number) => `${app}-${number}`);
  const listener = thread(
    t,
    `connect().then(async (client) => {
      let calls = 0;
      client.on('StasisStart', async (event, channel) => {
        say(channel.id);
        await channel.hangup();
        calls += 1;
        if (calls === ${ids.length}) client.stop();
      });
      await client.start('${app}');
      say('open');
    });`,
  );
  await hears(listener, (said) => said === 'open');
  const caller = thread(
    t,
    `connect().then(async (client) => {
      for (const channelId of ${JSON.stringify(ids)}) {
        await client.channels.originate({ endpoint: 'Local/100@default', app: '${app}', channelId });
      }
    });`,
  );
  // Both threads end by themselves: the one after its last call, the other after stop().
  const ends = Promise.all([once(caller, 'exit'), once(listener, 'exit')]);
  assert.deepStrictEqual(await within(ends, () => listener.said), [[0], [0]]);
  assert.deepStrictEqual(listener.said.slice(1).sort(), ids);
});

test('terminate() in a flood takes the connection of that thread, and nothing else', {
  timeout,
}, async (t) => {
  const [app, mine, id] = [unique('app'), unique('bystander'), unique('flood')];
  t.after(() => client.stop());
  const inbox = new Inbox(client);
  await client.start(mine);
  const worker = thread(
    t,
    `connect().then(async (client) => {
      let seen = 0;
      client.on('ChannelVarset', () => {
        seen += 1;
        if (seen === 100) say('in the middle');
      });
      await client.start('${app}');
      const variables = { N: '20000' };
      await client.channels.originate({ endpoint: 'Local/300@default', app: '${app}', channelId: '${id}', variables });
    });`,
  );
  await hears(worker, (said) => said === 'in the middle');
  // Asterisk clears its list of applications without connections, and without channels, when another one goes.
  const listed = async () => {
    for await (const _ of client.events(unique('passing'))) break;
    return (await client.applications.list()).some(({ name }) => name === app);
  };
  assert.ok(await listed());

  await worker.terminate();
  await client.channels.hangup({ channelId: id });
  await until(
    async () => !(await listed()),
    () => `${app} is still connected`,
  );

  // And this thread's connection works as before.
  const other = unique('channel');
  await call(mine, other);
  await inbox.next('StasisStart', { channel: other });
  await client.channels.hangup({ channelId: other });
});

test('process.exit() in the middle of a flood', { timeout }, async () => {
  const [app, id] = [unique('app'), unique('flood')];
  const program = asterisk.program(`
    connect().then(async (client) => {
      let seen = 0;
      client.on('ChannelVarset', () => {
        seen += 1;
        if (seen === 100) process.exit(7);
      });
      await client.start('${app}');
      const variables = { N: '20000' };
      await client.channels.originate({ endpoint: 'Local/300@default', app: '${app}', channelId: '${id}', variables });
    });`);
  assert.strictEqual(await program.end(), 7, program.errors);
  await client.channels.hangup({ channelId: id });
});
