// events.js CLIENT SCENARIO URL FRAMES [CHANNELS]: how fast a client hands events to handlers.

const clients = require('./clients');
const { Count, report } = require('./shared');

const [client, scenario, url, given, many] = process.argv.slice(2);
const frames = Number(given);
const channels = Number(many ?? { object: 1, objects: 5000 }[scenario] ?? 100);
const work = { scenario, url, app: `bench-${frames}-${channels}-0`, channels };
const all = scenario === 'all' || scenario === 'fields';

clients[client](work, new Count(all ? frames : frames / 10, report));
