// An interactive voice response in a few lines: a greeting, an answer to each key, and `#` to go on in the dialplan.
//
//     node ivr.js --url http://localhost:8088 --username hey --password peekaboo
//
// Any call to Stasis(hello) lands here, with the dialplan of scripts/asterisk/conf that is extension 1000.
// (`npm install` in this folder brings in the module from bindings/node.)

const { parseArgs } = require('node:util');
const ari = require('asterisk-ari');

const APPLICATION = 'hello';

/** A call comes in: answer, listen to its keys, greet. */
async function onStart(_event, channel) {
  channel.on('ChannelDtmfReceived', unlessGone(onKey));
  await channel.answer();
  await channel.play({ media: 'sound:hello-world' });
}

/** A key was pressed: digits are said back, `#` leaves the menu. */
async function onKey(event, channel) {
  if (event.digit === '#') {
    await channel.continueInDialplan({ context: 'default', extension: 'goodbye', priority: 1 });
  } else if (event.digit === '*') {
    await channel.play({ media: 'sound:hello-world' });
  } else {
    await channel.play({ media: `sound:digits/${event.digit}` });
  }
}

/** A handler whose caller may hang up at any time, which is no mistake of this program. */
function unlessGone(handler) {
  return async (...seen) => {
    try {
      await handler(...seen);
    } catch (error) {
      if (!(error instanceof ari.NotFoundException)) throw error;
    }
  };
}

/** Has the IVR take the calls of a client. */
function serve(client) {
  client.on('StasisStart', unlessGone(onStart));
}

/** Connects to the Asterisk that the command line or the environment names. */
function connect() {
  const { env } = process;
  const { values } = parseArgs({
    options: {
      url: { type: 'string', default: env.ARI_URL ?? 'http://localhost:8088' },
      username: { type: 'string', default: env.ARI_USERNAME ?? 'hey' },
      password: { type: 'string', default: env.ARI_PASSWORD ?? 'peekaboo' },
    },
  });
  return ari.connect(values.url, values.username, values.password);
}

async function main() {
  const client = await connect();
  serve(client);
  await client.start(APPLICATION);
  console.log(
    `waiting for calls to Stasis(${APPLICATION}) on Asterisk ${client.serverVersion}; Ctrl-C ends it`,
  );
  process.once('SIGINT', () => {
    client.stop(); // nothing else keeps this process alive
    console.log('\nbye');
  });
}

if (require.main === module) main();

module.exports = { APPLICATION, connect, serve };
