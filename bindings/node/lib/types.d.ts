// What the declarations of operations, objects and events are made of, and what does not come from Asterisk's description.
// biome-ignore-all lint/suspicious/noExplicitAny: what Asterisk or a program adds has no type here

/// <reference types="node" />

import type { EventEmitter } from 'node:events';
import type {
  AnyEvent,
  AriEvent,
  AriException,
  AsteriskEvent,
  Client,
  EventArguments,
} from '../generated/index';

/**
 * The promise of every call. One that fails and that nobody listens to gives a warning of the process; it does not end the
 * program as other promises do.
 */
export interface AriPromise<T> extends Promise<T> {
  then<A = T, B = never>(
    onfulfilled?: ((value: T) => A | PromiseLike<A>) | null,
    onrejected?: ((reason: any) => B | PromiseLike<B>) | null,
  ): AriPromise<A | B>;
  catch<B = never>(onrejected?: ((reason: any) => B | PromiseLike<B>) | null): AriPromise<T | B>;
  finally(onfinally?: (() => void) | null): AriPromise<T>;
  /**
   * Ends a chain: what fails and was not handled on the way is an uncaughtException.
   *
   * @param onfulfilled Called with the result.
   * @param onrejected Called with the error.
   */
  done(onfulfilled?: ((value: T) => unknown) | null, onrejected?: ((reason: any) => unknown) | null): void;
}

/**
 * The callback of a call, as Node has them. With one, a call that fails is no unhandled rejection.
 *
 * @param err What went wrong, or null.
 * @param result What the call gives; not there if it failed.
 */
export type Callback<T> = (err: AriException | null, result: T) => void;

/**
 * Gets the errors a program reckons with: {@link NotFoundException} (404) and {@link IllegalStateException} (409, 412). All
 * others reject the promise.
 */
export type ErrorHandler = (error: AriException) => void;

/**
 * Handlers of a call, in place of a callback: as the last argument, or inside the options (then the type of the promise does
 * not tell that the result may be missing).
 */
export interface Handlers<T> {
  /** Called with the result. */
  success?: (result: T) => void;
  /** Called when what the call names is gone or in another state; the promise then resolves to undefined. */
  error?: ErrorHandler;
}

/** What every call takes besides its own options. */
export interface CallOptions {
  /**
   * Gives up waiting when it is aborted: the promise rejects with an AriException whose `name` is `AbortError`. It is never
   * sent to Asterisk, and a call that was under way may still have its effect: see {@link AriException.delivery}.
   */
  signal?: AbortSignal;
}

/** The result of a call with handlers: with an `error` handler it may be missing. */
export type Answer<T, H> = 'error' extends keyof H ? T | undefined : T;

/** An operation without a required option. */
export interface OptionalCall<O, T> {
  /**
   * @param options The options.
   * @param handlers `{success, error}`
   */
  <H extends Handlers<T>>(options: O | null | undefined, handlers: H): AriPromise<Answer<T, H>>;
  /**
   * @param options The options, or the callback if there are none.
   * @param callback Called with the error or the result.
   */
  (options?: (O & Handlers<T>) | Callback<T> | null, callback?: Callback<T> | null): AriPromise<T>;
}

/** An operation with at least one required option. */
export interface RequiredCall<O, T> {
  /**
   * @param options The options.
   * @param handlers `{success, error}`
   */
  <H extends Handlers<T>>(options: O, handlers: H): AriPromise<Answer<T, H>>;
  /**
   * @param options The options.
   * @param callback Called with the error or the result.
   */
  (options: O & Handlers<T>, callback?: Callback<T> | null): AriPromise<T>;
}

/** The options of a call whose new object is given: its id comes from there. */
export type Without<O, N extends keyof O> = Omit<O, N> & Partial<Pick<O, N>>;

/** An operation of an object that makes another one, without a required option; `N` is the option with its id. */
export interface OptionalCreation<O, N extends keyof O, T> extends OptionalCall<O, T> {
  /**
   * @param options The options.
   * @param instance The object to make, such as `client.Bridge()`, or its id.
   * @param handlers `{success, error}`
   */
  <H extends Handlers<T>>(
    options: Without<O, N> | null | undefined,
    instance: T | string,
    handlers: H,
  ): AriPromise<Answer<T, H>>;
  /**
   * @param options The options.
   * @param instance The object to make, such as `client.Bridge()`, or its id.
   * @param callback Called with the error or the result.
   */
  (
    options: (Without<O, N> & Handlers<T>) | null | undefined,
    instance: T | string,
    callback?: Callback<T> | null,
  ): AriPromise<T>;
}

/** An operation of an object that makes another one; `N` is the option with its id. */
export interface RequiredCreation<O, N extends keyof O, T> extends RequiredCall<O, T> {
  /**
   * @param options The options.
   * @param instance The object to make, such as `client.Playback()`, or its id.
   * @param handlers `{success, error}`
   */
  <H extends Handlers<T>>(
    options: Without<O, N>,
    instance: T | string,
    handlers: H,
  ): AriPromise<Answer<T, H>>;
  /**
   * @param options The options.
   * @param instance The object to make, such as `client.Playback()`, or its id.
   * @param callback Called with the error or the result.
   */
  (options: Without<O, N> & Handlers<T>, instance: T | string, callback?: Callback<T> | null): AriPromise<T>;
}

/** A call of the client itself that names an object: by position or in the options. */
export interface PositionalCall<P extends unknown[], O, T> extends RequiredCall<O, T> {
  /** What names the object, in the order of the path, then `{success, error}`. */
  <H extends Handlers<T>>(...args: [...identity: P, handlers: H]): AriPromise<Answer<T, H>>;
  /** What names the object, in the order of the path, then a callback. */
  (...args: [...identity: P, callback?: Callback<T> | null]): AriPromise<T>;
}

/** Names and values. A value is sent as text; null leaves the decision to Asterisk. */
export type VariableValues = {
  readonly [name: string]: string | number | bigint | boolean | null | undefined;
};

/** A part of the body as it is, or already wrapped in its own name, as Asterisk's documentation shows it. */
export type Wrapped<N extends string, T> = T | { readonly [K in N]: T };

/** What ends a handler. */
export interface EventHandle {
  /** The handler is not called again, from the very next event on. Closing twice does nothing. */
  close(): void;
}

/** An event of a type that this release does not know: its fields are as Asterisk sent them. */
export interface UnknownEvent extends AriEvent {
  [field: string]: any;
}

/** Any other text, where some are known by name. */
export type OtherText = string & Record<never, never>;

/** Names that are not those of known events. */
export type Unknown<N extends PropertyKey> = N extends keyof ClientEvents ? never : N;

/** The events one can listen to with `client.on`, each with the arguments of its handlers. */
export interface ClientEvents extends EventArguments {
  /** Every event of Asterisk, before the handlers of its type. */
  '*': [event: AsteriskEvent, resources: any];
  /** The event connection is up, the first time or again. */
  WebSocketConnected: [];
  /** The event connection was lost, and is about to be made again. */
  WebSocketReconnecting: [error: AriException];
  /** The event connection was given up. */
  WebSocketMaxRetries: [error: AriException];
  /** `connect` found nobody there. */
  APILoadError: [error: AriException];
  /** The answer to {@link Client.ping}. */
  pong: [];
  /** Something arrived that is no event. Without a listener nothing happens. */
  error: [error: Error];
}

/** The events `addEventHandler` of the client takes, each with the arguments of its handlers. */
export interface ClientHandlerEvents extends EventArguments {
  /** Every event, those of the library among them. */
  '*': [event: AnyEvent, resources: any];
}

/** A map of event types to the arguments of their handlers. */
export type Arguments<M> = { [K in keyof M]: unknown[] };

/** How one listens, on the client and on objects: `M` for the methods of an EventEmitter, `H` for `addEventHandler`. */
export interface Listening<M extends Arguments<M>, H extends Arguments<H> = M> {
  /**
   * Calls a listener for each event of a type. One that is added or removed inside a handler counts from the very next
   * event. What a listener throws is an uncaughtException; the other listeners of the event are called all the same.
   *
   * @param type Type of the events.
   * @param listener Gets the event and the objects it holds: none, the only one there, or all by field.
   */
  on<K extends keyof M>(type: K, listener: (...args: M[K]) => void): this;
  on<N extends string | symbol, E extends AriEvent = UnknownEvent>(
    type: Unknown<N>,
    listener: (event: E, resources: any) => void,
  ): this;
  /** Like `on`, for one event only. */
  once<K extends keyof M>(type: K, listener: (...args: M[K]) => void): this;
  once<N extends string | symbol, E extends AriEvent = UnknownEvent>(
    type: Unknown<N>,
    listener: (event: E, resources: any) => void,
  ): this;
  /** The same as `on`. */
  addListener<K extends keyof M>(type: K, listener: (...args: M[K]) => void): this;
  addListener<N extends string | symbol, E extends AriEvent = UnknownEvent>(
    type: Unknown<N>,
    listener: (event: E, resources: any) => void,
  ): this;
  /** Like `on`, before the listeners that are there already. */
  prependListener<K extends keyof M>(type: K, listener: (...args: M[K]) => void): this;
  prependListener<N extends string | symbol, E extends AriEvent = UnknownEvent>(
    type: Unknown<N>,
    listener: (event: E, resources: any) => void,
  ): this;
  /** Like `prependListener`, for one event only. */
  prependOnceListener<K extends keyof M>(type: K, listener: (...args: M[K]) => void): this;
  prependOnceListener<N extends string | symbol, E extends AriEvent = UnknownEvent>(
    type: Unknown<N>,
    listener: (event: E, resources: any) => void,
  ): this;
  /**
   * Ends one registration of a listener, the latest.
   *
   * @param type The type it was registered for.
   * @param listener The same function.
   */
  off(type: keyof M | OtherText | symbol, listener: (...args: any[]) => void): this;
  /** The same as `off`. */
  removeListener(type: keyof M | OtherText | symbol, listener: (...args: any[]) => void): this;
  /**
   * Ends all registrations made with `on` and its like. Those of objects are theirs: the client's call leaves them alone.
   *
   * @param type Of this type only.
   */
  removeAllListeners(type?: keyof M | OtherText | symbol): this;
  /**
   * Calls a handler for each event of a type, after the listeners of `on`, all handlers in the order of their registration
   * whatever they are on.
   *
   * @param type Type of the events; `'*'` for all.
   * @param handler Gets the event and the objects it holds: none, the only one there, or all by field.
   * @returns A handle whose `close()` ends it.
   */
  addEventHandler<K extends keyof H>(type: K, handler: (...args: H[K]) => void): EventHandle;
  addEventHandler<N extends string, E extends AriEvent = UnknownEvent>(
    type: Unknown<N>,
    handler: (event: E, resources: any) => void,
  ): EventHandle;
  /**
   * Ends one registration made with `addEventHandler`.
   *
   * @param type The type it was registered for.
   * @param handler The same function.
   * @returns Whether there was one.
   */
  removeEventHandler(type: keyof H | OtherText, handler: (...args: any[]) => void): boolean;
}

/** What every object has besides its data and its operations; `M` are the events that can hold it. */
export interface DomainObject<M extends Arguments<M>>
  extends Listening<M>,
    Omit<EventEmitter, keyof Listening<ClientEvents>> {}

/**
 * What a handler gets of an event that always holds one object, and others at times. If it is the only one there, it is the
 * object itself, which is what most handlers are written for; if there are others, it is all of them by field, which is to
 * be asked for where it can happen: `if (channel.replace_channel) ...`.
 */
export type Mainly<T, All> = T & { [K in Exclude<keyof All, keyof T>]?: All[K] };

/**
 * Makes an object without a request.
 *
 * @param id Its id; without one it gets a fresh UUID, which is sent when Asterisk makes the object. That of an endpoint is
 *   `technology/resource`. Or its fields, the id among them.
 * @param values Its fields.
 */
export type ObjectFactory<T, D> = (id?: string | number | Partial<D> | null, values?: Partial<D> | null) => T;

/** The bytes of a file. */
export type Bytes = Buffer & {
  /** Type of the content as Asterisk names it, such as `audio/x-wav`. */
  readonly contentType: string;
};

/**
 * Every event of one connection, in the order of arrival. Handlers are called before the event is given out here. Leaving
 * the loop closes the connection; the loop ends with an exception when the connection is lost for good.
 */
export interface EventStream extends AsyncIterableIterator<AnyEvent> {
  /** Closes the connection; the loop ends. */
  close(): void;
}

/** What `client.events(apps, options)` takes besides the applications. */
export interface EventsOptions extends CallOptions {
  /** Also receive the events of everything that is in no application. Default: `false`. */
  subscribeAll?: boolean;
}

/** What a client can do besides Asterisk's operations. */
export interface ClientBase
  extends Listening<ClientEvents, ClientHandlerEvents>,
    Omit<EventEmitter, keyof Listening<ClientEvents>> {
  /** Address of the server, without `/ari` and without credentials. */
  readonly baseUrl: string;
  /** Release of the Asterisk that answered, or null as long as it has not said. */
  readonly serverVersion: string | null;
  /**
   * Opens the event connection. It is made again when it is lost, with the same applications.
   *
   * @param apps Name of the application, or several.
   * @param callback Called when the connection is up.
   * @returns Resolves when the connection is up.
   */
  start(apps: string | readonly string[], callback?: Callback<void> | null): AriPromise<void>;
  /**
   * @param apps Name of the application, or several.
   * @param subscribeAll Also receive the events of everything that is in no application.
   * @param callback Called when the connection is up.
   */
  start(
    apps: string | readonly string[],
    subscribeAll: boolean | null | undefined,
    callback?: Callback<void> | null,
  ): AriPromise<void>;
  /** Closes the event connections, and makes none again. Calls go on working, and so does `start`. */
  stop(): void;
  /** Sends a ping on the event connection; `pong` is emitted when its answer comes. Before `start` it does nothing. */
  ping(): void;
  /**
   * Calls what this library does not know yet.
   *
   * @param method HTTP method, such as `'GET'`.
   * @param path Path below `/ari`, such as `'/channels'`, already encoded.
   * @param query Names and values of the query.
   * @param body Sent as JSON.
   * @param options With a `signal`.
   * @returns The JSON of the answer, a Buffer if it is none, or undefined.
   */
  request(
    method: string,
    path: string,
    query?: Readonly<Record<string, unknown>> | null,
    body?: unknown,
    options?: CallOptions | null,
  ): AriPromise<any>;
}

/** Options of {@link connect}. Times are in seconds. */
export interface ConnectOptions {
  /** Time for TCP, TLS and the handshake of the WebSocket. Default: 5. */
  connectTimeout?: number;
  /** Time for a whole call, from asking for a connection to the last byte of the answer. Default: 30. */
  requestTimeout?: number;
  /** Silence on the event connection after which the server is pinged. Default: 10. */
  pingInterval?: number;
  /** Time the server has to answer a ping before the connection counts as lost. Default: 5. */
  pongTimeout?: number;
  /** Calls under way at once; further ones wait. Default: 16. */
  maxConnections?: number;
  /** Largest answer of a call that is read, in bytes. Default: 256 MiB. */
  maxBodyBytes?: number;
  /** Largest event that is read, in bytes. Default: 16 MiB. */
  maxFrameBytes?: number;
  /** Bound of the events that wait for their handlers, in bytes. Default: 64 MiB. */
  queueBytes?: number;
  /**
   * What happens when the event connection ends: `'never'` lets it end, `'lost'` makes it again unless the server closed it,
   * `'always'` makes it again whatever ended it. Default: `'always'`.
   */
  reconnect?: 'never' | 'lost' | 'always';
  /** Tries after the connection was lost before it is given up; null: for ever. Default: null. */
  maxReconnects?: number | null;
  /** Tries `start` makes before it fails. Default: 11. */
  firstAttempts?: number;
  /** Retries of the first connection and of a lost one: sets `firstAttempts` to one more, and `maxReconnects`. */
  maxRetries?: number;
  /** First wait between two tries; it doubles up to `maxDelay`. Default: 0.1. */
  minDelay?: number;
  /** Longest wait between two tries. Default: 10. */
  maxDelay?: number;
  /** Refuse options an operation does not have, instead of leaving them out with a warning. Default: `false`. */
  strict?: boolean;
  /** `'drop'` leaves out what an operation does not have, `'refuse'` is the same as `strict`. Default: `'drop'`. */
  unknownParameters?: 'drop' | 'refuse';
  /** Give integers of answers and events beyond 2^53 exactly, as BigInt, instead of rounded. Default: `false`. */
  bigIntegers?: boolean;
  /** PEM of authorities to trust besides those of the system. */
  caPem?: string;
  /** PEM of the certificate (chain) this client shows. */
  clientCertPem?: string;
  /** PEM of the key of that certificate. */
  clientKeyPem?: string;
  /** Name of the program towards the server. */
  userAgent?: string;
  /** Gives up connecting when it is aborted. */
  signal?: AbortSignal;
}

/**
 * Connects to an Asterisk: learns who answers, and gives the client.
 *
 * @param url Address of the server such as `http://localhost:8088`, with the `prefix` of `http.conf` if it has one.
 * @param username Name of the user in `ari.conf`.
 * @param password Password of that user.
 * @param options Limits and behaviour, or the callback if there are none.
 * @param callback Called once with the error or the client.
 * @returns The client; rejects with a ConnectionException named `HostIsNotReachable` if nobody is there, with an
 *   UnauthorizedException if the password is wrong.
 */
export function connect(
  url: string,
  username: string,
  password: string,
  options?: ConnectOptions | Callback<Client> | null,
  callback?: Callback<Client> | null,
): AriPromise<Client>;
