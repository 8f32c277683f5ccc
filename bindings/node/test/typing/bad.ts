// What must not compile: each line that says which error is expected gives that one, and no other line gives any.

import { type Client, connect, NotFoundException } from 'asterisk-ari';
import { Simulator } from 'asterisk-ari/testing';

const url = 'http://localhost:8088';

export async function wrong(client: Client): Promise<void> {
  // Connecting.
  connect(url); // expect: TS2554
  connect(url, 'user', 'secret', { requestTimout: 1 }); // expect: TS2353
  connect(url, 'user', 'secret', { reconnect: 'sometimes' }); // expect: TS2322
  connect(url, 'user', 'secret', (_err, other) => other.chanels); // expect: TS2551

  // Options.
  client.channels.originate({ app: 'demo' }); // expect: TS2345
  client.channels.originate({ endpoint: 'x', callerID: 'y' }); // expect: TS2561
  client.channels.originate({ endpoint: 5 }); // expect: TS2322
  client.channels.originate({ endpoint: 'x', variables: 'A=1' }); // expect: TS2322
  client.channels.originate({ endpoint: 'x', timeout: 'long' }); // expect: TS2322
  client.channels.hangup({ channelId: '1', reason: 'tired' }); // expect: TS2322
  client.channels.hangup(); // expect: TS2554
  client.channels.hangup('1'); // expect: TS2345
  client.channels.list({ channelId: '1' }); // expect: TS2353
  client.bridges.addChannel({ bridgeId: 'b', channel: 1 }); // expect: TS2322
  client.asterisk.getInfo({ only: ['everything'] }); // expect: TS2322
  client.channels.hang({ channelId: '1' }); // expect: TS2339
  client.channel.list(); // expect: TS2551
  client.getEndpoint('PJSIP'); // expect: TS2345

  // Results.
  const channel = await client.channels.get({ channelId: '1' });
  channel.nmae; // expect: TS2339
  channel.caller.number.toFixed(); // expect: TS2551
  const maybe = await client.channels.get({ channelId: '1' }, { error: () => {} });
  maybe.hangup(); // expect: TS18048
  const id: number = channel.id; // expect: TS2322
  client.channels.list((_err, list) => list.id); // expect: TS2339
  client.channels.list({ success: (list) => list.id }); // expect: TS2339

  // Objects.
  channel.play({ medium: 'sound:a' }); // expect: TS2353
  channel.play({ media: 'sound:a' }, client.Bridge()); // expect: TS2769
  channel.record({ format: 'wav' }); // expect: TS2345
  channel.play({ channelId: '2', media: 'sound:a' }); // expect: TS2353
  channel.answer(5); // expect: TS2345
  client.Channel({ nmae: 'x' }); // expect: TS2353
  client.Chanel(); // expect: TS2551

  // Events.
  client.on('ChannelDtmfReceived', (event) => event.digits); // expect: TS2551
  client.on('ChannelDtmfReceived', (event) => event.digit.toFixed()); // expect: TS2551
  client.on('ChannelDtmfReceived', (_event, channel) => channel.stop()); // expect: TS2339
  client.on('ChannelDtmfReceived', (event) => event.channel.hangup()); // expect: TS2339
  client.on('ChannelDtmfReceived', (_event: { type: 'StasisEnd' }) => {}); // expect: TS2769
  client.on('ApplicationReplaced', (_event, resources) => resources.id); // expect: TS18048
  client.on('ChannelVarset', (_event, channel) => channel.id); // expect: TS18048
  client.on('StasisStart'); // expect: TS2554
  channel.on('BridgeDestroyed', () => {}); // expect: TS2769
  client.addEventHandler('StasisEnd', (event) => event.args); // expect: TS2339
  client.addEventHandler('WebSocketConnected', () => {}); // expect: TS2769
  for await (const event of client.events('demo')) event.digit; // expect: TS2339
  client.events('demo', { subscribeall: true }); // expect: TS2561
  client.start(); // expect: TS2554

  // Errors.
  if (id instanceof NotFoundException) return; // expect: TS2358
  throw new NotFoundException().stat; // expect: TS2339
}

export async function wronglySimulated(sim: Simulator): Promise<void> {
  Simulator.start({ sped: 1 }); // expect: TS2353
  Simulator.start({ phones: { 'PJSIP/bob': { onCall: 'sleep' } } }); // expect: TS2322
  sim.call(); // expect: TS2554
  sim.call({ context: 'default' }); // expect: TS2769
  sim.expectRequest('channels.sing'); // expect: TS2345
  sim.expectRequest('channels.play', { medium: 'sound:x' }); // expect: TS2353
  sim.expectRequest('channels.play', {}, { wihin: 1 }); // expect: TS2561
  sim.expectEvent('StasisStart', { chanel: 'c' }); // expect: TS2769
  sim.fail('channels.play', { arguments: { medium: 'sound:x' } }); // expect: TS2353
  sim.cut('*', 'slowly'); // expect: TS2345
  sim.requests('channels.sing'); // expect: TS2769
  sim.events({ befor: 1 }); // expect: TS2769
  sim.closeConnections({ cod: 1012 }); // expect: TS2769
  const call = await sim.call('1000');
  call.expect({ sate: 'Up' }); // expect: TS2561
  call.press(); // expect: TS2554
  (await call.state()).hung_up; // expect: TS2551
}
