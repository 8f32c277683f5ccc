// What a program in TypeScript may write: all of it compiles with --strict. It is not run.

import type { EventEmitter } from 'node:events';
import ari, {
  type AnyEvent,
  type AriEvent,
  AriException,
  type AriPromise,
  type Bridge,
  AriPromise as Promises,
  Channel,
  type ChannelData,
  type ChannelDtmfReceived,
  type ChannelsOriginateOptions,
  Client,
  type ConnectOptions,
  connect,
  type EventHandle,
  IllegalStateException,
  type LiveRecording,
  type Module,
  NotFoundException,
  type Playback,
  type StasisStart,
  version,
} from 'asterisk-ari';
import { type Call, type CallState, ExpectationError, Simulator, SimulatorError } from 'asterisk-ari/testing';

/** Compiles only if the type of the value is exactly this one. */
type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
const same = <A, B>(proof: Same<A, B>): void => void proof;

const url = 'http://localhost:8088';

export async function connections(): Promise<Client> {
  const options: ConnectOptions = {
    requestTimeout: 2.5,
    reconnect: 'lost',
    maxReconnects: null,
    maxRetries: 3,
    strict: true,
    bigIntegers: true,
    caPem: '-----BEGIN CERTIFICATE-----',
    signal: AbortSignal.timeout(1000),
  };
  connect(url, 'user', 'secret', (err, client) => {
    if (err) return console.error(err.message, err.status, err.name === 'HostIsNotReachable');
    console.log(client.serverVersion, client.baseUrl);
  }).done();
  ari.connect(url, 'user', 'secret', options, (err, client) => err ?? client.stop());
  const client = await connect(url, 'user', 'secret', options);
  connect(new URL(url), 'user', 'secret').then((other) => other.stop(), console.error);
  same<typeof client, Client>(true);
  return client;
}

export async function calls(client: Client): Promise<void> {
  // Promise.
  const channel = await client.channels.originate({
    endpoint: 'PJSIP/alice',
    app: 'demo',
    appArgs: 'a,b',
    timeout: 30,
    variables: { LANGUAGE: 'de', COUNT: 3, VIP: true, SERIAL: 9007199254740993n },
    signal: new AbortController().signal,
  });
  same<typeof channel, Channel>(true);
  await client.channels.originate({
    endpoint: 'Local/1@x',
    priority: 1n,
    variables: { variables: { A: '1' } },
  });
  const channels = await client.channels.list();
  same<typeof channels, Channel[]>(true);
  const playing: AriPromise<Playback> = client.channels.play({
    channelId: channel.id,
    media: ['sound:a', 'sound:b'],
  });
  playing.then((playback) => playback.media_uri.length).done();
  await client.channels.play({ channelId: channel.id, media: 'sound:hello' });
  await client.channels.transferProgress({ channelId: '1', states: 'channel_progress' });
  await client.channels.transfer_progress({ channelId: '1', states: 'channel_progress' });
  same<Awaited<ReturnType<typeof client.asterisk.ping>>['ping'], string>(true);
  const modules: Module[] = await client.asterisk.listModules(null);
  console.log(modules.map((module) => module.use_count.toFixed()));
  const file = await client.recordings.getStoredFile({ recordingName: 'a/b' });
  console.log(file.subarray(0, 4).toString('latin1'), file.contentType);
  await client.asterisk.updateObject({
    configClass: 'res_pjsip',
    objectType: 'endpoint',
    id: 'alice',
    fields: [{ attribute: 'direct_media', value: 'false' }],
  });
  await client.applications.filter({
    applicationName: 'demo',
    filter: { allowed: [{ type: 'StasisStart' }] },
  });
  await client.mailboxes.update({ mailboxName: 'a@b', oldMessages: 1, newMessages: 2n });

  // Callback.
  client.channels.list((err, list) =>
    console.log(
      err?.reason,
      list.map((one) => one.name),
    ),
  );
  client.channels.list(null, (_err, list) => list.length);
  client.bridges.create({ type: 'mixing,dtmf_events' }, (err, bridge) => {
    if (!err) bridge.addChannel({ channel: [channel.id, 'other'] });
  });

  // Handlers.
  const found = await client.channels.get(
    { channelId: '1' },
    { success: (one) => one.hangup({ reason: 'busy' }), error: (error) => error.status?.toFixed() },
  );
  same<typeof found, Channel | undefined>(true);
  const sure = await client.channels.get({
    channelId: '1',
    success: (one) => console.log(one.state === 'Up'),
  });
  same<typeof sure, Channel>(true);
  client.channels.list({ success: (list) => list.length, error: (error) => console.error(error.delivery) });

  // The client's own calls.
  same<Awaited<ReturnType<Client['getChannels']>>, Channel[]>(true);
  const info = await client.getInfo({ only: ['build', 'status'] });
  console.log(info.build?.machine);
  (await client.getChannel('1')).hangup();
  client.getChannel({ channelId: '1' }, (_err, one) => one.answer());
  client.getEndpoint('PJSIP', 'alice', (_err, endpoint) =>
    endpoint.sendMessageToEndpoint({ from: 'x', body: 'y' }),
  );
  client.getChannel('1', { signal: AbortSignal.timeout(10) }).then((one) => one.hangup());
  client.getChannel('1', null, (_err, one) => one.hangup());
  client.getBridge('b', { error: (error) => console.error(error.reason) });
  const answer: unknown = await client.request(
    'POST',
    '/channels',
    { endpoint: 'Local/1@x' },
    { variables: {} },
  );
  console.log(answer);

  // Detached.
  const { hangup } = client.channels;
  await hangup({ channelId: '1' });
}

export async function instances(client: Client): Promise<void> {
  const channel = client.Channel();
  const known: Channel = client.Channel('1', { name: 'PJSIP/alice' });
  const numbered = client.Channel(1);
  const bridge: Bridge = client.Bridge({ id: 'b' });
  const playback = client.Playback();
  const recording: LiveRecording = client.LiveRecording('greeting');
  client.Endpoint('PJSIP/alice').get((_err, endpoint) => endpoint.state);
  (await client.Asterisk().getInfo()).system?.version.length;
  console.log(numbered.id, JSON.stringify(known), known.toJSON().caller.number);

  const values: unknown = [channel, client, new client.Channel(), new Channel(client, 'x'), version.length];
  if (values instanceof Channel) values.hangup();
  if (values instanceof Client) values.close();
  if (values instanceof Promises) values.done();

  await channel.originate({ endpoint: 'PJSIP/alice', app: 'demo' });
  await channel.originateWithId({ endpoint: 'PJSIP/alice' });
  await channel.answer();
  channel.answer((err) => err?.message);
  channel.hangup({ reason: 'normal' }, (err) => console.error(err));
  channel.play({ media: 'sound:hello' }, playback, (err, started) => console.log(err, started.state));
  channel.play({ media: 'sound:hello' }, playback).then((started) => started.stop());
  channel.play({ media: 'sound:hello' }, (_err, started) => started.control({ operation: 'pause' }));
  channel.play({ media: 'sound:hello', playbackId: 'p' }, { success: (started) => started.id });
  // The name comes from the recording.
  channel.record({ format: 'wav', ifExists: 'overwrite' }, recording, (_err, live) => live.stop());
  bridge.record({ format: 'wav', name: 'other' });
  const spy: Channel = await known.snoopChannel({ app: 'demo', spy: 'in' }, client.Channel());
  await known.snoopChannel({ app: 'demo' }, 'chosen-id');
  await bridge.create({ type: 'mixing' });
  await bridge.create();
  await bridge.addChannel({ channel: [spy.id] });
  await client.DeviceState('Stasis:x').update({ deviceState: 'BUSY' });
}

export function events(client: Client): void {
  const emitter: EventEmitter = client;
  emitter.emit('own');
  client.setMaxListeners(0);
  client
    .on('ChannelDtmfReceived', (event, channel) => {
      same<typeof event, ChannelDtmfReceived>(true);
      same<typeof channel, Channel>(true);
      same<typeof event.digit, string>(true);
      same<typeof event.channel, ChannelData>(true);
      const playing: AriPromise<Playback> = channel.play({ media: `digits:${event.digit}` });
      playing.done();
    })
    .once('StasisStart', async (event, channel) => {
      await channel.answer();
      if (channel.replace_channel) console.log(channel.replace_channel.name);
      console.log(event.args.join(), event.replace_channel?.id);
    })
    .addListener('BridgeMerged', (_event, { bridge, bridge_from }) =>
      bridge.addChannel({ channel: bridge_from.channels }),
    );
  // Handlers with names of their own.
  const started = (event: StasisStart, channel: Channel) => channel.hangup().done(() => event.application);
  client.on('StasisStart', started).off('StasisStart', started).removeAllListeners('StasisStart');
  client.on('ApplicationReplaced', (event, resources) =>
    console.log(event.application, resources === undefined),
  );
  client.on('ChannelVarset', (event, channel) =>
    channel?.setChannelVar({ variable: event.variable, value: 'x' }),
  );
  client.on('ChannelUserevent', (event, resources) =>
    console.log(event.userevent.x, resources?.endpoint?.state),
  );
  client.on('DeviceStateChanged', (event, state) =>
    console.log(event.device_state.name, state.state === 'INUSE'),
  );
  client.on('PlaybackFinished', (_event, playback) => console.log(playback.target_uri));
  client.on('RecordingFinished', (event, recording) => console.log(event.recording.duration, recording.name));

  // What the library tells.
  client.on('Reconnected', (event) => console.log(event.gap_ms.toFixed(), event.restored.length));
  client.on('WebSocketConnected', () => client.ping());
  client.on('WebSocketReconnecting', (error) => console.log(error.message));
  client.on('WebSocketMaxRetries', (error) => console.log(error.code));
  client.on('APILoadError', (error) => console.log(error.stack));
  client.on('error', (error) => console.log(error.message));

  // Types that are not known yet.
  interface Fresh extends AriEvent {
    type: 'Fresh';
    more: number;
  }
  client.on('Fresh', (event: AriEvent) => console.log(event.type, event.timestamp));
  client.on('Fresh', (event) => console.log(event.more));
  client.on('Fresh', (event: Fresh, channel: Channel) => console.log(event.more.toFixed(), channel.id));
  const names: string[] = ['StasisEnd', 'Fresh'];
  for (const name of names) client.on(name, (event) => console.log(event.type));

  // All of them.
  client.on('*', (event, resources) => {
    if (event.type === 'StasisStart') console.log(event.args.length, resources);
  });
  const handle: EventHandle = client.addEventHandler('*', (event) => {
    switch (event.type) {
      case 'ChannelDtmfReceived':
        return console.log(event.digit);
      case 'EventsDropped':
        return console.log(event.bytes);
    }
  });
  handle.close();
  const digit = (event: ChannelDtmfReceived, channel: Channel) => console.log(event.digit, channel.id);
  client.addEventHandler('ChannelDtmfReceived', digit);
  const wasThere: boolean = client.removeEventHandler('ChannelDtmfReceived', digit);
  client.addEventHandler('Fresh', (event: AriEvent) => console.log(wasThere, event.type));

  // Those of one object.
  const channel = client.Channel('1');
  channel.on('ChannelDtmfReceived', (event, same) => same.sendDTMF({ dtmf: event.digit }));
  channel.once('StasisEnd', (event) => event.channel.id).removeListener('StasisEnd', digit);
  channel.addEventHandler('ChannelHangupRequest', (event) => console.log(event.cause?.toFixed())).close();
  channel.addEventHandler('*', (event) => console.log(event.type === 'Dial' && event.dialstatus));
  client.Playback('p').on('PlaybackFinished', (_event, playback) => playback.state);
  client
    .Bridge('b')
    .on('ChannelEnteredBridge', (event, bridge) => console.log(event.bridge.id, bridge.channel?.id));
  client.Channel('1').on('Fresh', (event) => event.more);

  client.start('demo');
  client.start(['demo', 'other'], true, (err) => console.error(err));
  client.start('demo', (err) => err?.message).done(() => client.stop());
}

export async function iterations(client: Client): Promise<void> {
  for await (const event of client.events('demo', { subscribeAll: true })) {
    same<typeof event, AnyEvent>(true);
    if (event.type === 'ChannelDtmfReceived' && event.digit === '#') break;
    if (event.type === 'ConnectionLost') console.log(event.reason);
  }
  const stream = await client.events.eventWebsocket({ app: ['a', 'b'], subscribeAll: false });
  const first = await stream.next();
  if (!first.done) console.log(first.value.timestamp);
  stream.close();
  await client.events.userEvent({
    eventName: 'x',
    application: 'demo',
    source: ['channel:1'],
    variables: { a: 1 },
  });
}

export async function errors(client: Client, options: ChannelsOriginateOptions): Promise<string | null> {
  try {
    await client.channels.originate(options);
    return null;
  } catch (error) {
    if (error instanceof NotFoundException || error instanceof IllegalStateException) return error.reason;
    if (error instanceof AriException) {
      if (error.delivery === 'outcome unknown')
        console.error(error.operation, error.method, error.path, error.advice);
      return `${error.status ?? error.code} ${error.body}`;
    }
    throw error;
  }
}

export async function simulated(): Promise<CallState> {
  const options = { speed: 100, phones: { 'PJSIP/carol': { onCall: 'busy' } }, sounds: { '*': 1 } } as const;
  const short = new Simulator({ phones: { 'PJSIP/carol': 'busy' }, sounds: ['menu'] });
  await short.phone('PJSIP/carol', 'silent');
  const sim = await Simulator.start(options);
  const running = await Simulator.start({ controlUrl: new URL(sim.controlUrl) });
  const client: Client = await sim.connect({ strict: true });
  const call: Call = await sim.call('1000', { caller: 'Ann <123>', variables: { A: 1 } });
  await sim.call({ app: 'hello', args: ['a'], caller: { number: '123' }, endpoint: 'PJSIP/alice' });
  await call.press('12#', { duration: 80 });
  await call.expect({ state: 'Up', bridge: client.Bridge('b'), within: 2 });
  await call.expectBridged(client.Bridge('b'), { within: 1 });
  await call.expect({ bridge: null, application: null, moh: 'default' });
  await sim.call(1000, { caller: 123 });
  const bob = await sim.expectCall('PJSIP/bob', { within: 2 });
  await bob.reject(17);
  const asked = await sim.expectRequest('channels.play', { media: 'sound:x' }, { status: 201 });
  await sim.expectNoRequest('events.userEvent', {}, { after: asked.seq, within: 0.1 });
  const { event } = await sim.expectEvent('StasisStart', { channel: call.id, args: ['a'] });
  same<typeof event, StasisStart>(true);
  const [start] = await sim.events('StasisStart', { after: asked });
  same<typeof start.event, StasisStart>(true);
  const newer = [...(await sim.events({ after: 5 })), ...(await sim.events('Fresh'))];
  console.log(newer.length, await sim.requests('channels.play', { after: asked }), await sim.requests());
  await sim.expectRequest('channels.hangup', { channelId: call });
  await sim.expectNoEvent('ChannelEnteredBridge', { channel: call, bridge: client.Bridge('b') });
  const fresh = await sim.expectEvent('Fresh', { any: 1 }, { application: 'hello' });
  console.log(fresh.event.more);
  await sim.fail('channels.play', {
    status: 404,
    times: Number.POSITIVE_INFINITY,
    arguments: { media: 'x', channelId: call },
    delay: 0.5,
  });
  await sim.delay('*', 0.5, { arguments: { channelId: 'c' } });
  await sim.cut('bridges.addChannel', 'reset', { performed: true });
  const count: number = await running.closeConnections(1012, { application: 'hello' });
  await running.closeConnections({ application: 'hello', within: 1 });
  await running.restart({ down: count }).catch((error) => error instanceof SimulatorError && error.status);
  try {
    return await call.expectHungUp({ within: 1 });
  } catch (error) {
    if (error instanceof ExpectationError) console.log(error.message, error.code === 'ERR_ASSERTION');
    throw error;
  } finally {
    await sim.close();
  }
}
