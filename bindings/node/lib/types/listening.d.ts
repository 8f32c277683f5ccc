// How one learns of events.
// biome-ignore-all lint/suspicious/noExplicitAny: what Asterisk or a program adds has no type here

/// <reference types="node" />

import type { EventEmitter } from 'node:events';
import type { AnyEvent, AriEvent, AriException, AsteriskEvent, EventArguments } from '../../generated/index';
import type { CallOptions } from './calls';

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
