// The IVR of ivr.js at work: a scripted caller dials in, and the story of its call is told as it happens.
//
//     node demo.js --url http://localhost:8088 --username hey --password peekaboo
//
// The caller is a Local channel: one end is in the IVR, the other plays the dialplan's extension `caller`, which presses
// keys (scripts/asterisk/conf/extensions.conf). At the end everything that should have happened is checked against what
// was seen; the exit code is 0 only if all of it did.

const { randomUUID } = require('node:crypto');
const { performance } = require('node:perf_hooks');
const ivr = require('./ivr');

const KEYS = '12#';
const PATIENCE = 60; // seconds

/** What happens to the scripted call, told as it happens and remembered for the check. */
class Story {
  constructor(client, pressed) {
    this.client = client;
    this.pressed = pressed;
    this.caller = `caller-${randomUUID()}`; // id of the caller's end of the call
    this.call = `call-${randomUUID()}`; // id of the end that comes to the IVR
    this.began = performance.now();
    this.keys = '';
    this.played = new Set();
    this.saidGoodbye = false;
    this.seen = new Set();
    this.over = new Promise((resolve) => {
      this.end = resolve;
    });
  }

  /** Follows the call through every event of it. The handlers are there before the call is. */
  listen() {
    const ours = (handler) => (event) => event.channel?.id === this.call && handler.call(this, event);
    this.client.on('StasisStart', ours(this.onStart));
    this.client.on('ChannelDtmfReceived', ours(this.onKey));
    this.client.on('PlaybackStarted', (event) => this.onPlayback(event));
    this.client.on('PlaybackFinished', (event) => this.onPlayback(event));
    this.client.on('StasisEnd', ours(this.onLeave));
    this.client.on('ChannelVarset', ours(this.onVariable));
    this.client.on('ChannelDestroyed', ours(this.onHangup));
  }

  tell(event, text) {
    this.seen.add(event.type);
    const seconds = ((performance.now() - this.began) / 1000).toFixed(1);
    console.log(`  ${seconds.padStart(5)} s  ${text}`);
  }

  async dial() {
    this.tell(
      { type: 'Connected' },
      `connected as application '${ivr.APPLICATION}'; now somebody dials extension 1000`,
    );
    await this.client.channels.originate({
      endpoint: 'Local/1000@default',
      context: 'default',
      extension: 'caller',
      priority: 1,
      variables: { KEYS: this.pressed },
      channelId: this.caller,
      otherChannelId: this.call,
    });
  }

  onStart(event) {
    // What happens to the call after it has left the application is part of the story, too.
    const applicationName = event.application;
    this.client.applications.subscribe({ applicationName, eventSource: `channel:${this.call}` });
    this.tell(event, `the call arrives: ${event.channel.name}, ${event.channel.state}`);
  }

  onKey(event) {
    this.keys += event.digit;
    this.tell(event, `the caller presses ${event.digit}`);
  }

  onPlayback(event) {
    const { playback, type } = event;
    if (playback.target_uri !== `channel:${this.call}`) return;
    const finished = type === 'PlaybackFinished';
    if (finished && playback.state === 'done') this.played.add(playback.media_uri);
    this.tell(
      event,
      `the caller ${finished ? `has heard (${playback.state})` : 'hears'} ${playback.media_uri}`,
    );
  }

  onLeave(event) {
    this.tell(event, 'the call leaves the application');
  }

  onVariable(event) {
    // The extension `goodbye`, where the IVR sends its callers, says by a variable that it was reached.
    if (event.variable !== 'GOODBYE') return;
    this.saidGoodbye = true;
    const { exten, context } = event.channel.dialplan;
    this.tell(event, `the call goes on in the dialplan: ${exten}@${context}`);
  }

  onHangup(event) {
    this.tell(event, `the call is over: ${event.cause_txt}`);
    this.end();
  }

  /** What should have happened and did not. */
  missing() {
    const digits = [...KEYS].filter((key) => key !== '#').map((key) => `sound:digits/${key}`);
    const expected = {
      'the call arrived': this.seen.has('StasisStart'),
      [`the keys ${KEYS} arrived, not ${this.keys || 'none'}`]: this.keys === KEYS,
      'the greeting was heard to its end': this.played.has('sound:hello-world'),
      'each digit was answered': digits.every((media) => this.played.has(media)),
      'the call left the application': this.seen.has('StasisEnd'),
      'the call went on in the dialplan': this.saidGoodbye,
      'the call ended': this.seen.has('ChannelDestroyed'),
    };
    return Object.keys(expected).filter((what) => !expected[what]);
  }
}

/** Plays the call once; gives the exit code. */
async function main(pressed = KEYS, patience = PATIENCE) {
  const client = await ivr.connect();
  const [version, build] = (client.serverVersion ?? 'unknown').split('+');
  const server = build === 'simulator' ? 'the simulator' : `Asterisk ${version}`;
  console.log(`node: the IVR of examples/node/ivr.js on ${server} at ${client.baseUrl}`);
  const story = new Story(client, pressed);
  story.listen();
  ivr.serve(client);
  await client.start(ivr.APPLICATION);
  const alarm = setTimeout(story.end, patience * 1000);
  await story.dial();
  await story.over;
  clearTimeout(alarm);
  client.stop();
  const missing = story.missing();
  for (const what of missing) console.error(`demo: node: it did not come about that ${what}`);
  if (missing.length > 0) return 1;
  console.log(`demo: node passed on ${server}`);
  return 0;
}

if (require.main === module) {
  main().then((code) => {
    process.exitCode = code;
  });
}

module.exports = { main };
