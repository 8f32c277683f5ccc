// delay.js CLIENT URL FRAMES RATE: for how long other things wait while every event is wanted.

const { monitorEventLoopDelay } = require('node:perf_hooks');
const clients = require('./clients');
const { Count, report } = require('./shared');

const RESOLUTION = 1;

const [client, url, frames, rate] = process.argv.slice(2);
const work = { scenario: 'all', url, app: `bench-${frames}-100-${rate}`, channels: 100 };
const delay = monitorEventLoopDelay({ resolution: RESOLUTION });
const count = new Count(Number(frames), ({ events }) => {
  delay.disable();
  // The probe counts from when its timer was set.
  report({ p99: Math.max(0, delay.percentile(99) / 1e6 - RESOLUTION), events });
});

clients[client](work, count).then(() => delay.enable());
