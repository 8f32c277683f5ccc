// The client, besides what Asterisk describes.
// biome-ignore-all lint/suspicious/noExplicitAny: what Asterisk or a program adds has no type here

/// <reference types="node" />

import type { EventEmitter } from 'node:events';
import type { Client } from '../../generated/index';
import type { AriPromise, Callback, CallOptions } from './calls';
import type { ClientEvents, ClientHandlerEvents, Listening } from './listening';

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
  /** The same as `stop`. */
  close(): void;
  /** Sends a ping on the event connection; `pong` is emitted when its answer comes. Before `start` it does nothing. */
  ping(): void;
  /**
   * Calls what this library does not know yet.
   *
   * @param method HTTP method, such as `'GET'`.
   * @param path Path below `/ari`, such as `'/channels'`, already encoded.
   * @param query Names and values of the query, or pairs of them. Lists are joined by commas, null is left out.
   * @param body Sent as JSON.
   * @param options With a `signal`.
   * @returns The JSON of the answer, a Buffer if it is none, or undefined.
   */
  request(
    method: string,
    path: string,
    query?: Readonly<Record<string, unknown>> | Iterable<readonly [string, unknown]> | null,
    body?: unknown,
    options?: CallOptions | null,
  ): AriPromise<any>;
}

/** Makes objects without a request. */
export interface ObjectFactory<T, D> {
  /**
   * @param id Its id; without one it gets a fresh UUID, which is sent when Asterisk makes the object. That of an endpoint is
   *   `technology/resource`. Or its fields, the id among them.
   * @param values Its fields.
   */
  (id?: string | number | Partial<D> | null, values?: Partial<D> | null): T;
  new (id?: string | number | Partial<D> | null, values?: Partial<D> | null): T;
}

/** The class of objects, for `instanceof`. `client.Channel()` and its like make them more easily. */
export interface ObjectClass<T, D> {
  new (client: Client, id?: string | number | Partial<D> | null, values?: Partial<D> | null): T;
  readonly prototype: T;
  /** Name of the class, as Asterisk has it. */
  readonly className: string;
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
  /** Largest answer of a call that is read, in bytes; at most 536870888. Default: 256 MiB. */
  maxBodyBytes?: number;
  /** Largest event that is read, in bytes; at most 536870888. Default: 16 MiB. */
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
  /**
   * Retries of the first connection and of one that was lost; `Infinity` for ever, 0 none. In place of `firstAttempts` and
   * `maxReconnects`.
   */
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
  caPem?: string | Buffer;
  /** PEM of the certificate (chain) this client shows. */
  clientCertPem?: string | Buffer;
  /** PEM of the key of that certificate. */
  clientKeyPem?: string | Buffer;
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
  url: string | URL,
  username: string,
  password: string,
  options?: ConnectOptions | Callback<Client> | null,
  callback?: Callback<Client> | null,
): AriPromise<Client>;

/** Version of this package. */
export const version: string;
