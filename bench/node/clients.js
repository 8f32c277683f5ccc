// Opens the event connection of each client, with the handlers of a scenario.

const { PASSWORD, TYPES, USERNAME, load } = require('./shared');

/** What somebody who writes the client by hand makes of the channel in an event. */
class Channel {
  constructor(values) {
    Object.assign(this, values);
  }
}

/** The numbers of the channels, if there are handlers for each. */
const ids = (work) => Array.from({ length: work.channels }, (_, number) => `bench-${number}`);

async function ari(work, count) {
  // It reads faster than events can be handled; all that waits counts here, none is given up.
  const options = { queueBytes: 1 << 30 };
  const client = await load('asterisk-ari').connect(work.url, USERNAME, PASSWORD, options);
  classic(client, work, count);
  await client.start(work.app);
}

async function ariClient(work, count) {
  const client = await load('ari-client').connect(work.url, USERNAME, PASSWORD);
  classic(client, work, count);
  client.start(work.app);
}

/** Both clients have the same surface. */
function classic(client, work, count) {
  switch (work.scenario) {
    case 'all':
      return client.on('*', (_event) => count.one());
    case 'fields':
      return client.on('*', (event) => count.fields(event));
    case 'one-in-ten':
      return client.on('StasisStart', (_event, _channel) => count.one());
    default:
      for (const id of ids(work)) client.Channel(id).on('StasisStart', (_event, _channel) => count.one());
  }
}

async function ipcom(work, count) {
  const { AriClient } = load('@ipcom/asterisk-ari');
  const { hostname, port } = new URL(work.url);
  const client = new AriClient({
    host: hostname,
    port: Number(port),
    username: USERNAME,
    password: PASSWORD,
  });
  // Before that it takes no handlers.
  await client.connectWebSocket([work.app]);
  switch (work.scenario) {
    case 'all':
      for (const type of TYPES) client.on(type, (_event) => count.one());
      break;
    case 'fields':
      for (const type of TYPES) client.on(type, (event) => count.fields(event));
      break;
    case 'one-in-ten':
      client.on('StasisStart', (_event) => count.one());
      break;
    default:
      for (const id of ids(work)) client.Channel(id).on('StasisStart', (_event) => count.one());
  }
}

/** @param {boolean} sniff whether the type is looked for in the bytes before they are parsed */
const ws = (sniff) => async (work, count) => {
  const socket = connection(work);
  const handlers = new Map();
  if (work.scenario.startsWith('object')) {
    for (const id of ids(work)) handlers.set(id, (_channel, _event) => count.one());
  }
  const everybody = (_channel, _event) => count.one();
  const handlerOf = (event) => (handlers.size > 0 ? handlers.get(event.channel.id) : everybody);
  const wanted = Buffer.from('"type":"StasisStart"');
  const take = {
    all(data) {
      handler(JSON.parse(data));
    },
    parse(data) {
      const event = JSON.parse(data);
      if (event.type === 'StasisStart') handlerOf(event)?.(new Channel(event.channel), event);
    },
    sniff(data) {
      if (!data.includes(wanted)) return;
      take.parse(data);
    },
  };
  const handler = work.scenario === 'fields' ? (event) => count.fields(event) : (_event) => count.one();
  const all = work.scenario === 'all' || work.scenario === 'fields';
  socket.on('message', all ? take.all : sniff ? take.sniff : take.parse);
};

function connection(work) {
  const { WebSocket } = load('ws');
  const url = `${work.url.replace('http', 'ws')}/ari/events?app=${work.app}`;
  return new WebSocket(url, { auth: `${USERNAME}:${PASSWORD}`, perMessageDeflate: false });
}

module.exports = { ari, 'ari-client': ariClient, ipcom, ws: ws(false), 'ws-sniff': ws(true) };
