// memory.js clients|queued URL: what our client takes.

const { setTimeout: sleep } = require('node:timers/promises');
const { PASSWORD, USERNAME, load, report } = require('./shared');

const CLIENTS = 1000;
const EVENTS = 100_000;

const [scenario, url] = process.argv.slice(2);
const connect = () => load('asterisk-ari').connect(url, USERNAME, PASSWORD);

/** Resident memory without what is only waiting to be collected. */
function resident() {
  global.gc?.();
  return process.memoryUsage.rss();
}

function told(before, count) {
  const rss = resident();
  report({ rss, each: Math.round((rss - before) / count) });
}

async function clients() {
  const first = await connect();
  const before = resident();
  const all = [first];
  while (all.length <= CLIENTS) all.push(await connect());
  told(before, CLIENTS);
}

async function queued() {
  // Both bounds are out of the way: all of them have to wait.
  const client = await load('asterisk-ari').connect(url, USERNAME, PASSWORD, { queueBytes: 1 << 30 });
  let before;
  client.once('StasisStart', () => {
    before = resident();
    // A handler that blocks: the events come all the same.
    const end = performance.now() + 5000;
    while (performance.now() < end);
    told(before, EVENTS);
  });
  await client.start(`bench-${EVENTS}-100-0`);
  await sleep(60_000);
}

({ clients, queued })[scenario]();
