// The simulator: a test's own Asterisk.
// biome-ignore-all lint/suspicious/noExplicitAny: what an operation gives does not matter here

/// <reference types="node" />

import { AssertionError } from 'node:assert';
import type {
  AriPromise,
  AsteriskEvent,
  Bridge,
  ChannelData,
  Client,
  ConnectOptions,
  EventMap,
  OptionalCall,
  RequiredCall,
  Unknown,
  UnknownEvent,
  VariableValues,
} from '../generated/index';

/** What a telephone does when it is called. */
export interface Phone {
  /**
   * `'ring'` until the test answers or rejects the call, `'answer'` by itself, be `'busy'`, `'decline'`, or nothing at all
   * (`'silent'`). Default: `'ring'`.
   */
  onCall?: 'ring' | 'answer' | 'busy' | 'decline' | 'silent';
  /** After how many simulated seconds it does that. Default: 0. */
  after?: number;
  /** One that is not online cannot be called. Default: `'online'`. */
  state?: 'online' | 'offline' | 'unknown';
}

/** What a simulator is started with. */
export interface SimulatorOptions {
  /** Address to listen on. Default: `127.0.0.1`. */
  host?: string;
  /** Port of ARI. Default: 0, a free one. */
  port?: number;
  /** Port of the commands. Default: 0, a free one. */
  controlPort?: number;
  /** The user that may do everything. Default: `hey`. */
  username?: string;
  /** Default: `peekaboo`. */
  password?: string;
  /** A user that may only read. Default: `reader`. */
  readOnlyUsername?: string;
  /** Default: `readonly`. */
  readOnlyPassword?: string;
  /** Seconds of telephony that pass in one second. Default: 10. */
  speed?: number;
  /** The text of an `extensions.conf`. By default that of the examples, where 1000 leads to the application `hello`. */
  dialplan?: string;
  /** Telephones by name, or only what each does when it is called. Default: `PJSIP/alice` and `PJSIP/bob`. */
  phones?: Readonly<Record<string, Phone | Phone['onCall']>>;
  /** Length of sounds in seconds, besides the usual ones, or only their names. `'*'` lets every name exist. */
  sounds?: Readonly<Record<string, number>> | readonly string[];
  /** What it says it is. Default: `22.10.1+simulator`. */
  version?: string;
}

/** A simulator that runs already, as the program `ari-simulator`. */
export interface RunningSimulator {
  /** Its `control_url`. Nothing is started, and `close()` leaves it running. */
  controlUrl: string | URL;
}

/** Name or number, or both: `'Ann <123>'`. */
export type Caller = string | number | { name?: string; number?: string };

/** Who calls, besides where to. */
export interface CallDetails {
  /** The telephone the call comes from, such as `PJSIP/alice`. Default: `PJSIP/trunk`, which is always there. */
  endpoint?: string;
  /** Who it says it is. */
  caller?: Caller;
  /** Variables of the channel. */
  variables?: VariableValues;
  /** Id of the channel. */
  id?: string;
  /** Seconds to wait for the application to be connected. Default: 5. */
  within?: number;
}

/** A call through the dialplan. */
export interface ExtensionCall extends CallDetails {
  /** The extension that is dialled. */
  exten: string | number;
  /** Default: `default`. */
  context?: string;
}

/** A call straight into an application. */
export interface ApplicationCall extends CallDetails {
  app: string;
  /** Arguments of the application. */
  args?: readonly string[];
}

type OperationsOf<R extends keyof Client & string> = {
  [M in keyof Client[R] & string]: Client[R][M] extends (...given: any[]) => AriPromise<any>
    ? `${R}.${M}`
    : never;
}[keyof Client[R] & string];

/** The operations by name, such as `channels.play`. */
export type Operation = { [R in keyof Client & string]: OperationsOf<R> }[keyof Client & string];

type CallOf<O> = O extends `${infer R extends keyof Client & string}.${infer M}`
  ? M extends keyof Client[R]
    ? Client[R][M]
    : never
  : never;

type OptionsOf<C> =
  C extends RequiredCall<infer A, any> ? A : C extends OptionalCall<infer A, any> ? A : never;

/**
 * Arguments of an operation, as far as they matter: numbers may be texts, and a call or an instance of the client stands for
 * its id, or for its name if it has none.
 */
export type Arguments<O> = { readonly [N in Exclude<keyof OptionsOf<CallOf<O>>, 'signal'>]?: unknown };

/** Fields of an event, as far as they matter: an id, a call or an instance of the client stands for the object with that id. */
export type Fields<E> = { readonly [N in keyof E]?: unknown };

/** A record, or its number. */
export type After = number | { readonly seq: number };

/** From where on records are looked at. */
export interface Since {
  /** Only what came after this record, or after the one with this `seq`. */
  after?: After;
}

/** For how long an expectation looks, and from where on. */
export interface Waiting extends Since {
  /** Seconds to wait. Default: 5; 0.5 for what may not come. */
  within?: number;
}

export interface RequestWaiting extends Waiting {
  /** The status it was answered with. */
  status?: number;
}

export interface EventWaiting extends Waiting {
  /** The application it was sent to. */
  application?: string;
}

/** A request of the application, and how it was answered. */
export interface RequestRecord {
  /** Counts requests and events together. */
  seq: number;
  /** Seconds since the simulator started. */
  at: number;
  /** Such as `channels.play`; null for what is no operation. */
  operation: string | null;
  method: string;
  /** Path and query below `/ari`. */
  target: string;
  arguments: Record<string, unknown>;
  /** Null as long as it is not answered, and if a fault took the answer away. */
  status: number | null;
  /** What an error said. */
  message: string | null;
}

/** An event that was sent to an application. */
export interface EventRecord<E = AsteriskEvent> {
  /** Counts requests and events together. */
  seq: number;
  /** Seconds since the simulator started. */
  at: number;
  application: string;
  event: E;
  /** Whether the application was connected. */
  delivered: boolean;
}

/** Which requests a fault is for. */
export interface FaultOptions<O> {
  /** Only those with these arguments. */
  arguments?: O extends Operation ? Arguments<O> : Readonly<Record<string, unknown>>;
  /** How often it happens; `Infinity` for ever. Default: 1. */
  times?: number;
}

export interface Failing<O> extends FaultOptions<O> {
  /** Status of the answer. Default: 500. */
  status?: number;
  /** Its message. */
  message?: string;
  /** Real seconds before the answer. */
  delay?: number;
}

export interface Cutting<O> extends FaultOptions<O> {
  /** The request is carried out, and only its answer is lost. */
  performed?: boolean;
  /** Seconds before the cut. */
  delay?: number;
}

/** A fault that is still to come. */
export interface Fault {
  operation: string;
  arguments: Record<string, unknown>;
  times: number | null;
  delay: number;
  status: number | null;
  message: string | null;
  cut: 'close' | 'reset' | 'silence' | null;
  performed: boolean;
}

/** Which connections for events are meant. */
export interface ConnectionChoice {
  /** That of this application. Default: all of them. */
  application?: string;
  /** Seconds to wait until there is one. Default: 5. */
  within?: number;
}

/** How long each stage of a restart takes, in real seconds. */
export interface Restart {
  /** Connections are refused. Default: 0.2. */
  down?: number;
  /** Everything is 404. Default: 0.1. */
  loading?: number;
  /** Everything is 503. Default: 0.2. */
  booting?: number;
  /** Whether the promise waits until it is up again. Default: `true`. */
  wait?: boolean;
}

/** What a simulator says about itself. */
export interface About {
  username: string;
  password: string;
  version: string;
  speed: number;
  /** Whether it is there: `'up'`, or how far it is in a restart. */
  mode: string;
  /** Number of the newest record. */
  seq: number;
  /** Applications that are connected. */
  applications: string[];
  channels: ChannelData[];
}

/** How a call is at the moment, or was when it ended. */
export interface CallState {
  /** Id of the channel. */
  id: string;
  /** Name of the channel. */
  name: string;
  state: ChannelData['state'];
  hungUp: boolean;
  /** Why it was hung up, as a number of Q.850; 0 as long as it was not. */
  cause: number;
  causeTxt: string;
  /** The application it is in. */
  application: string | null;
  /** Id of the bridge it is in. */
  bridge: string | null;
  /** What it hears now. */
  playing: string[];
  /** What it has heard to the end. */
  heard: string[];
  /** The class of the music on hold that it hears. */
  moh: string | null;
  /** Whether the application lets it hear silence. */
  silence: boolean;
  /** Whether the application lets it hear ringing. */
  ringing: boolean;
  /** Whether the application has put it on hold. */
  held: boolean;
  mutedIn: boolean;
  mutedOut: boolean;
  channel: ChannelData;
}

/** What is expected of a call; all of it has to be so at once. */
export interface CallExpectation {
  state?: ChannelData['state'];
  hungUp?: boolean;
  /** The application it is in; null for none. */
  application?: string | null;
  /** The bridge it is in, or its id; true for any, null for none. */
  bridge?: string | Bridge | boolean | null;
  /** What it has heard to the end, such as `sound:hello-world`. */
  heard?: string;
  /** What it hears now. */
  playing?: string;
  /** The class of the music on hold that it hears; true for any, null for none. */
  moh?: string | boolean | null;
  /** Seconds to wait. Default: 5. */
  within?: number;
}

/** What an expectation of a call takes. */
export interface CallWaiting {
  /** Seconds to wait. Default: 5. */
  within?: number;
}

/** A call from the side of the telephone: somebody who calls, or is called. */
export class Call {
  private constructor();
  /** Id of the channel. */
  readonly id: string;
  /** Name of the channel. */
  readonly name: string;
  /** How it is now, also when it is over. */
  state(): Promise<CallState>;
  /**
   * Presses keys, one after the other. The promise is there when the last one has been.
   *
   * @param keys Such as `'12#'`.
   * @param options How long each lasts and what is between them, in simulated milliseconds. Default: 100.
   */
  press(keys: string | number, options?: { duration?: number; gap?: number }): Promise<void>;
  /** @param cause Default: 16. */
  hangUp(cause?: number): Promise<void>;
  /** The telephone that is called answers. */
  answer(): Promise<void>;
  /** A telephone that has been silent so far rings. */
  ring(): Promise<void>;
  /**
   * The telephone that is called rejects the call.
   *
   * @param cause 17 (busy), 19 (no answer), 21 (rejected). Default: 21.
   */
  reject(cause?: number): Promise<void>;
  hold(musicClass?: string): Promise<void>;
  unhold(): Promise<void>;
  /** Somebody speaks, for so many simulated seconds; events tell of it where `TALK_DETECT` is set. */
  talk(seconds: number): Promise<void>;
  /** Waits until all of it is so. */
  expect(state: CallExpectation): Promise<CallState>;
  /** Waits until this has been heard to the end. */
  expectHeard(media: string, options?: CallWaiting): Promise<CallState>;
  /** Waits until this is heard. */
  expectPlaying(media: string, options?: CallWaiting): Promise<CallState>;
  expectState(state: ChannelData['state'], options?: CallWaiting): Promise<CallState>;
  /** Waits until it is over; `cause` then says why. */
  expectHungUp(options?: CallWaiting): Promise<CallState>;
  /**
   * Waits until it is in a bridge.
   *
   * @param bridge The bridge, or its id; any, if it is left out.
   */
  expectBridged(bridge?: string | Bridge | true, options?: CallWaiting): Promise<CallState>;
}

/**
 * A simulated Asterisk, and the people at its telephones. It does not keep the process alive by itself, and runs until it
 * is closed.
 */
export class Simulator {
  /**
   * Starts one in this process, or finds the one that runs already.
   *
   * @throws {SimulatorError} if an option is wrong, or nobody is there.
   */
  static start(options?: SimulatorOptions | RunningSimulator): Promise<Simulator>;
  /** Starts one in this process. */
  constructor(options?: SimulatorOptions);

  /** Where ARI is. */
  readonly url: string;
  readonly username: string;
  readonly password: string;
  /** Where the commands are. */
  readonly controlUrl: string;
  /** For programs that a test starts. */
  readonly environment: { ARI_URL: string; ARI_USERNAME: string; ARI_PASSWORD: string };

  /** The client of a program that is tested. It is stopped when the simulator is closed. */
  connect(options?: ConnectOptions): AriPromise<Client>;
  /** Ends it, with its clients; commands that are under way fail. One that was not started here goes on. */
  close(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
  [Symbol.dispose](): void;

  /**
   * Somebody calls. Waits until the application that the call goes to is connected.
   *
   * @param exten The extension that is dialled.
   */
  call(exten: string | number, options?: Omit<ExtensionCall, 'exten'>): Promise<Call>;
  /** @param call Where to, and who: by extension, or straight into an application. */
  call(call: ExtensionCall | ApplicationCall): Promise<Call>;
  /**
   * Waits until the application calls a telephone.
   *
   * @param endpoint Such as `PJSIP/bob`.
   */
  expectCall(endpoint: string, options?: CallWaiting): Promise<Call>;
  /** The calls there are. */
  calls(): Promise<Call[]>;
  /** Says what a telephone does when it is called. It exists from then on. */
  phone(name: string, does?: Phone | Phone['onCall']): Promise<void>;
  phones(): Promise<Record<string, Required<Phone>>>;

  /** Waits for a request of the application. Each request meets one expectation. */
  expectRequest<O extends Operation>(
    operation: O,
    args?: Arguments<O>,
    options?: RequestWaiting,
  ): Promise<RequestRecord>;
  /** Waits for all of `within`, in which such a request may not come. */
  expectNoRequest<O extends Operation>(
    operation: O,
    args?: Arguments<O>,
    options?: RequestWaiting,
  ): Promise<void>;
  /** Waits for an event to be sent. Each event meets one expectation. */
  expectEvent<T extends AsteriskEvent['type']>(
    type: T,
    fields?: Fields<EventMap[T]>,
    options?: EventWaiting,
  ): Promise<EventRecord<EventMap[T]>>;
  expectEvent<N extends string>(
    type: Unknown<N>,
    fields?: Readonly<Record<string, unknown>>,
    options?: EventWaiting,
  ): Promise<EventRecord<UnknownEvent>>;
  /** Waits for all of `within`, in which such an event may not be sent. */
  expectNoEvent<T extends AsteriskEvent['type']>(
    type: T,
    fields?: Fields<EventMap[T]>,
    options?: EventWaiting,
  ): Promise<void>;
  expectNoEvent<N extends string>(
    type: Unknown<N>,
    fields?: Readonly<Record<string, unknown>>,
    options?: EventWaiting,
  ): Promise<void>;
  /** All requests so far, or those after a record. */
  requests(options?: Since): Promise<RequestRecord[]>;
  /** Those of one operation. */
  requests(operation: Operation | undefined, options?: Since): Promise<RequestRecord[]>;
  /** All events so far, or those after a record. */
  events(options?: Since): Promise<EventRecord[]>;
  /** Those of one type. */
  events<T extends AsteriskEvent['type']>(type: T, options?: Since): Promise<EventRecord<EventMap[T]>[]>;
  events<N extends string>(type: Unknown<N>, options?: Since): Promise<EventRecord<UnknownEvent>[]>;
  /** Sends an event as it stands. */
  sendEvent(application: string, event: { type: string; [field: string]: unknown }): Promise<void>;

  /** Requests fail with a status. `'*'` is any operation. */
  fail<O extends Operation | '*'>(operation: O, options?: Failing<O>): Promise<void>;
  /** Requests are answered so many real seconds later. */
  delay<O extends Operation | '*'>(operation: O, seconds: number, options?: FaultOptions<O>): Promise<void>;
  /**
   * Requests get no answer.
   *
   * @param how Whether the connection ends in good order (`'close'`), by a reset (the default), or not at all.
   */
  cut<O extends Operation | '*'>(
    operation: O,
    how?: 'close' | 'reset' | 'silence',
    options?: Cutting<O>,
  ): Promise<void>;
  /** The faults that are still to come. */
  faults(): Promise<Fault[]>;
  /** Takes back the faults that are still to come. */
  clearFaults(): Promise<void>;
  /** Connections for events end without a close frame. Gives how many. */
  drop(options?: ConnectionChoice): Promise<number>;
  /**
   * Connections for events are closed.
   *
   * @param code Default: 1000.
   */
  closeConnections(code?: number, options?: ConnectionChoice): Promise<number>;
  closeConnections(options: ConnectionChoice & { code?: number }): Promise<number>;
  /** Connections for events are reset. */
  resetConnections(options?: ConnectionChoice): Promise<number>;
  /** On connections for events nothing comes any more, pongs included. */
  silence(options?: ConnectionChoice): Promise<number>;
  /** The end of a silence. What was to be said meanwhile is lost. */
  resume(options?: ConnectionChoice): Promise<number>;
  /** Asterisk is restarted: connections are refused, then all is 404, then 503. What was going on is forgotten. */
  restart(options?: Restart): Promise<void>;
  /** Asterisk goes away; commands still work. */
  stop(): Promise<void>;
  /** It comes back. */
  start(): Promise<void>;

  /** Who it is, which applications are connected, and which channels there are. */
  about(): Promise<About>;
  /**
   * Gives a command that there is no method for.
   *
   * @param path Below `controlUrl`, encoded, such as `faults`.
   * @param body Its members, by the names of docs/simulator.md.
   * @returns The JSON of the answer.
   */
  command(method: string, path: string, body?: object): Promise<any>;
  /** Everything is as at the start, records and faults included; connections stay. */
  reset(): Promise<void>;
  /** @param speed Seconds of telephony in one second. */
  setSpeed(speed: number): Promise<void>;
}

/** What was expected did not happen. The message says what happened instead. */
export class ExpectationError extends AssertionError {}

/** The simulator could not do what it was told, or is not there. */
export class SimulatorError extends Error {
  /** 400: the question was wrong; 404: there is no such thing; 409: it cannot be now. Null without an answer. */
  readonly status: number | null;
  readonly cause?: unknown;
}
