/** What every error of this library says. A field that does not apply is null. */
export class Failure extends Error {
  /** HTTP status of the answer. */
  readonly status: number | null;
  /**
   * Whether the call had an effect: `'not sent'`, `'rejected'` by the server, or `'outcome unknown'` (it was sent, but no
   * answer came).
   */
  readonly delivery: 'not sent' | 'rejected' | 'outcome unknown' | null;
  /** The operation, such as `channels.originate`. */
  readonly operation: string | null;
  /** HTTP method of the request. */
  readonly method: string | null;
  /** Path of the request. */
  readonly path: string | null;
  /** Body of the answer as text. */
  readonly body: string | null;
  /** Asterisk's message by itself. */
  readonly reason: string | null;
  /** What to do about it, for instance which release of Asterisk the operation needs. */
  readonly advice: string | null;
  /** The system's code, such as `ECONNREFUSED`, or `ABORT_ERR`. */
  readonly code: string | null;
  /** What lies behind it, for instance the reason of an abort. */
  readonly cause?: unknown;
}
