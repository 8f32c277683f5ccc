// How operations are called, and what they give.
// biome-ignore-all lint/suspicious/noExplicitAny: what Asterisk or a program adds has no type here

/// <reference types="node" />

import type { AriException } from '../../generated/index';

/**
 * The promise of every call. One that fails and that nobody listens to gives a warning of the process; it does not end the
 * program as other promises do.
 */
export class AriPromise<T> extends Promise<T> {
  // biome-ignore lint/suspicious/noThenProperty: it is a promise
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
  <H extends Handlers<T> & CallOptions>(...args: [...identity: P, handlers: H]): AriPromise<Answer<T, H>>;
  /** What names the object, in the order of the path, then a callback. */
  (...args: [...identity: P, callback?: Callback<T> | null]): AriPromise<T>;
  /** What names the object, in the order of the path, then options and a callback. */
  (
    ...args: [...identity: P, options: CallOptions | null | undefined, callback?: Callback<T> | null]
  ): AriPromise<T>;
}

/** Names and values. A value is sent as text; null leaves the decision to Asterisk. */
export type VariableValues = {
  readonly [name: string]: string | number | bigint | boolean | null | undefined;
};

/** A part of the body as it is, or already wrapped in its own name, as Asterisk's documentation shows it. */
export type Wrapped<N extends string, T> = T | { readonly [K in N]: T };

/** The bytes of a file. */
export type Bytes = Buffer & {
  /** Type of the content as Asterisk names it, such as `audio/x-wav`. */
  readonly contentType: string;
};
