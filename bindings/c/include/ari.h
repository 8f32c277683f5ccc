// The Asterisk REST Interface as a C library: libari. Made by cbindgen from bindings/c/src (`make generate`). Do not edit.
//
// Rules that hold everywhere:
//
// - Texts are UTF-8. They go in as AriSlice, which the library reads during the call and does not keep, and come out as AriBytes,
//   which become the caller's and are given back with ari_bytes_free (or with the answer or batch they are part of). A slice
//   without data (NULL, 0) stands for nothing.
// - A handle (AriClient, AriPort, AriStream, AriSimulator) is the caller's from the function that makes it to the one that
//   frees it. They are independent of each other: a stream may outlive its client, a client its port. The functions of a
//   handle may be called from several threads at once; freeing it must be the last call.
// - NULL where a handle or a place is needed, text that is not UTF-8 and JSON that cannot be read are told as errors. A pointer to
//   anything else than what the function asks for is not noticed.
// - What can fail has a last parameter `error`, which may be NULL. It is written by every call: with nothing when the call has
//   succeeded, otherwise with a JSON object to be freed, of which these members are always there:
//     class      what kind of error it is, such as "NotFoundException"; the same names in every language
//     message    Asterisk's own message, or what went wrong on the way
//     text       all of it in one line for a person
//     delivery   "not sent", "rejected" by the server, or "outcome unknown": sent, and no answer came
//     status, body, operation, method, path, advice, code   of the answer and the request; null where there is none
//     argument   true if it was an argument or an option that is wrong
// - No Rust panic and no C++ exception gets out of a function. None of them changes errno on purpose, and none installs signal handlers.
// - Nothing survives fork: in the child calls, subscriptions, ports and streams of the parent refuse to work, and freeing them does nothing.


#ifndef ARI_H
#define ARI_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// What an answer is.
enum AriAnswerKind
#if defined(__cplusplus) || __STDC_VERSION__ >= 202311L
  : uint32_t
#endif // defined(__cplusplus) || __STDC_VERSION__ >= 202311L
 {
    // It was done, and there is nothing to say.
    ARI_ANSWER_KIND_NOTHING = 0,
    // `bytes` are JSON.
    ARI_ANSWER_KIND_JSON = 1,
    // `bytes` are a file of the type `content_type`.
    ARI_ANSWER_KIND_BINARY = 2,
    // It failed; `bytes` are the error as JSON.
    ARI_ANSWER_KIND_FAILED = 3,
    // The stream that was opened with this ticket has something new: call `ari_stream_next`.
    ARI_ANSWER_KIND_EVENTS = 4,
};
#ifndef __cplusplus
#if __STDC_VERSION__ >= 202311L
typedef enum AriAnswerKind AriAnswerKind;
#else
typedef uint32_t AriAnswerKind;
#endif // __STDC_VERSION__ >= 202311L
#endif // __cplusplus

// What `ari_stream_next` found.
enum AriNext
#if defined(__cplusplus) || __STDC_VERSION__ >= 202311L
  : uint32_t
#endif // defined(__cplusplus) || __STDC_VERSION__ >= 202311L
 {
    // No event that anybody wants, for now.
    ARI_NEXT_NOTHING = 0,
    // A batch of events.
    ARI_NEXT_BATCH = 1,
    // The stream has ended: it was closed, by this side or by the server.
    ARI_NEXT_END = 2,
    // The stream has ended with an error, or the call was wrong.
    ARI_NEXT_FAILED = 3,
};
#ifndef __cplusplus
#if __STDC_VERSION__ >= 202311L
typedef enum AriNext AriNext;
#else
typedef uint32_t AriNext;
#endif // __STDC_VERSION__ >= 202311L
#endif // __cplusplus

// A client of one server. All its functions may be called from several threads at once, but freeing it.
typedef struct AriClient AriClient;

// Where answers arrive. It serves any number of clients, calls and streams; its functions may be called from several
// threads at once, but freeing it.
typedef struct AriPort AriPort;

// A simulated Asterisk. It runs until it is freed.
typedef struct AriSimulator AriSimulator;

// An event connection. One thread takes events from it; it may be closed from any.
typedef struct AriStream AriStream;

// Bytes of the library's, which become the caller's: `ari_bytes_free` gives them back. They are not terminated by a NUL.
// Where there are none, `data` is NULL and `size` 0.
typedef struct AriBytes {
    uint8_t *data;
    size_t size;
} AriBytes;

// An answer. `ari_answer_free` gives its bytes back.
typedef struct AriAnswer {
    // The number that the caller gave the call; 0 for calls that were waited for.
    uint64_t ticket;
    AriAnswerKind kind;
    struct AriBytes bytes;
    struct AriBytes content_type;
} AriAnswer;

// Bytes of the caller's. They are read during the call and not kept. `data` may be NULL if `size` is 0.
typedef struct AriSlice {
    const uint8_t *data;
    size_t size;
} AriSlice;

// Asked several times a second, in the thread that waits for an answer, whether it is to go on waiting; `context` is what the
// caller has given along. NULL always says yes.
typedef bool (*AriGoOn)(void *context);

// A domain object that is in an event.
typedef struct AriObject {
    // Name of the event's field that holds it.
    struct AriSlice field;
    // Its class, such as `Channel`.
    struct AriSlice object_class;
    // Its id; for an endpoint `technology/resource`.
    struct AriSlice id;
} AriObject;

// An event that somebody wants. All that it points to belongs to its batch.
typedef struct AriEvent {
    // Its place among the events of the stream, for `ari_stream_rewind`.
    uint64_t sequence;
    // Its type, such as `StasisStart`.
    struct AriSlice name;
    // Its JSON as it came.
    struct AriSlice text;
    // The subscriptions that want it, each once, in the order in which they were made.
    const uint64_t *subscriptions;
    size_t subscription_count;
    // Whether the library knows this type of events; the objects of others are found by the names of their fields.
    bool known;
} AriEvent;

// Events in the order in which they came. `ari_batch_free` gives them back.
typedef struct AriBatch {
    // What `ari_client_generation` was when the events were matched with the subscriptions.
    uint64_t generation;
    const struct AriEvent *events;
    size_t event_count;
} AriBatch;

#ifdef __cplusplus
extern "C" {
#endif // __cplusplus

// Gives bytes back and leaves none in their place, so that doing it twice does no harm. NULL is allowed.
//
// # Safety
// `bytes` was filled in by this library, or has no `data`.
void ari_bytes_free(struct AriBytes *bytes);

// Gives the bytes of an answer back; doing it twice does no harm. NULL is allowed.
//
// # Safety
// `answer` was filled in by this library.
void ari_answer_free(struct AriAnswer *answer);

// The library's release, such as `0.1.0`. It is not to be freed.
struct AriSlice ari_version(void);

// Makes a client that has not talked to its server yet.
//
// `options` is a JSON object with `url`, `username` and `password`, and the options of the core such as `request_timeout`.
// Returns NULL and says why in `error` if they cannot be used. `ari_client_free` gives the client back.
//
// # Safety
// `options` are readable bytes; `error` is NULL or a place for bytes.
struct AriClient *ari_client_new(struct AriSlice options,
                                 struct AriBytes *error);

// Makes a client and asks its server who it is, so that a wrong address or a wrong password fails here. Waits.
//
// Otherwise as `ari_client_new`.
//
// # Safety
// As for `ari_client_new`.
struct AriClient *ari_client_connect(struct AriSlice options, struct AriBytes *error);

// Gives a client back. Its streams and calls under way go on until they are freed or done. NULL is allowed.
//
// In a child made by fork this, like freeing anything else, does nothing: the threads behind it are the parent's.
//
// # Safety
// `client` is NULL, or a client that has not been freed and that no other thread is using.
void ari_client_free(struct AriClient *client);

// Whether the client can be used in this process. It cannot in a child made by fork, and `error` says so.
//
// # Safety
// `client` is NULL or a client; `error` is NULL or a place for bytes.
bool ari_client_check(const struct AriClient *client, struct AriBytes *error);

// Calls an operation and waits for the answer.
//
// `operation` is an id such as `channels.originate`, `arguments` a JSON object by Asterisk's names of the parameters (or
// nothing). What is wrong with them is found before anything is sent. Returns true and fills in `answer` (never with the
// kind `Failed`), or returns false and says why in `error`.
//
// # Safety
// `client` is NULL or a client; the slices are readable bytes; `answer` is NULL or a place for an answer; `error` is NULL or
// a place for bytes.
bool ari_client_call(const struct AriClient *client,
                     struct AriSlice operation,
                     struct AriSlice arguments,
                     struct AriAnswer *answer,
                     struct AriBytes *error);

// `ari_client_call` for a program that has to look after something meanwhile, such as signals. Once `go_on` says no, the call is
// given up and fails.
//
// # Safety
// As for `ari_client_call`; `go_on` returns, and does not free the client.
bool ari_client_call_while(const struct AriClient *client,
                           struct AriSlice operation,
                           struct AriSlice arguments,
                           AriGoOn go_on,
                           void *context,
                           struct AriAnswer *answer,
                           struct AriBytes *error);

// Sends any request below `/ari` and waits for the answer: for operations newer than this library.
//
// `path` begins with a slash, and its values are percent-encoded. `query` is a JSON list of pairs of texts (or nothing), `body` is
// JSON (or nothing). Otherwise as `ari_client_call`.
//
// # Safety
// As for `ari_client_call`.
bool ari_client_request(const struct AriClient *client,
                        struct AriSlice method,
                        struct AriSlice path,
                        struct AriSlice query,
                        struct AriSlice body,
                        struct AriAnswer *answer,
                        struct AriBytes *error);

// `ari_client_request` with `go_on` as in `ari_client_call_while`.
//
// # Safety
// As for `ari_client_call_while`.
bool ari_client_request_while(const struct AriClient *client,
                              struct AriSlice method,
                              struct AriSlice path,
                              struct AriSlice query,
                              struct AriSlice body,
                              AriGoOn go_on,
                              void *context,
                              struct AriAnswer *answer,
                              struct AriBytes *error);

// Wants events: of the type `event`, or of any if that is nothing; those with the object `id` of the class `object_class`, or
// any if both are nothing. The object need not exist yet. What is wanted counts from the next event that is handed over.
//
// Returns the subscription's number, or 0 and says why in `error`.
//
// # Safety
// `client` is NULL or a client; the slices are readable bytes; `error` is NULL or a place for bytes.
uint64_t ari_client_subscribe(const struct AriClient *client,
                              struct AriSlice event,
                              struct AriSlice object_class,
                              struct AriSlice id,
                              struct AriBytes *error);

// Wants events of a type for a notice that they get if nobody else wants them, such as a warning of an `UnreadableFrame`: what is
// wrong with frames that nobody else wants is not looked for.
//
// Returns the subscription's number, or 0 and says why in `error`.
//
// # Safety
// As for `ari_client_subscribe`.
uint64_t ari_client_subscribe_notice(const struct AriClient *client,
                                     struct AriSlice event,
                                     struct AriBytes *error);

// Takes a subscription back. False if it was not there any more.
//
// # Safety
// `client` is NULL or a client.
bool ari_client_unsubscribe(const struct AriClient *client, uint64_t subscription);

// A number that changes whenever subscriptions come or go, and when a stream is closed.
//
// If it is not that of the batch any more after an event's handlers have run, call `ari_stream_rewind` with that event's
// sequence, and go on with the next batch: the events after it are then matched with what is wanted now.
//
// # Safety
// `client` is NULL or a client.
uint64_t ari_client_generation(const struct AriClient *client);

// Opens the event connection of applications and waits until it is open.
//
// `arguments` is a JSON object with `app`, the name of the application or a list of names, and perhaps `subscribeAll`. Returns
// NULL and says why in `error` if it does not open. `ari_stream_free` gives the stream back.
//
// # Safety
// `client` is NULL or a client; `arguments` are readable bytes; `error` is NULL or a place for bytes.
struct AriStream *ari_client_start(const struct AriClient *client,
                                   struct AriSlice arguments,
                                   struct AriBytes *error);

// Closes all event streams of the client. Calls go on working, and new streams may be opened.
//
// # Safety
// `client` is NULL or a client.
void ari_client_stop(const struct AriClient *client);

// Address of the server, without credentials. `ari_bytes_free` gives it back.
//
// # Safety
// `client` is NULL or a client.
struct AriBytes ari_client_base_url(const struct AriClient *client);

// Release of the server, such as `22.10.1`; nothing as long as it is not known. `ari_bytes_free` gives it back.
//
// # Safety
// `client` is NULL or a client.
struct AriBytes ari_client_server_version(const struct AriClient *client);

// Makes a port. Returns NULL and says why in `error` if the system has no more descriptors. `ari_port_free` gives it back.
//
// # Safety
// `error` is NULL or a place for bytes.
struct AriPort *ari_port_new(struct AriBytes *error);

// Gives a port back; calls under way are given up, as by `ari_port_abandon`. NULL is allowed.
//
// # Safety
// `port` is NULL, or a port that has not been freed and that no other thread is using.
void ari_port_free(struct AriPort *port);

// A descriptor that is readable as long as something waits in the port, for poll, select, epoll and event loops. It is the
// port's: it must not be read, written or closed. -1 without a port or in a child made by fork.
//
// # Safety
// `port` is NULL or a port.
int32_t ari_port_fd(const struct AriPort *port);

// Waits until something is in the port, `timeout_ms` milliseconds at most; a negative number waits for ever. False if there is
// nothing. Signals do not end it: who has to heed them waits for the descriptor instead.
//
// # Safety
// `port` is NULL or a port.
bool ari_port_wait(const struct AriPort *port,
                   int32_t timeout_ms);

// Takes the next answer out of the port. False if there is none, and then `answer` is left as it is.
//
// # Safety
// `port` is NULL or a port; `answer` is NULL or a place for an answer.
bool ari_port_take(const struct AriPort *port, struct AriAnswer *answer);

// Gives a call up: it is not sent any more if it has not been, and its ticket gets no answer, unless that waits already.
//
// # Safety
// `port` is NULL or a port.
void ari_port_abandon(const struct AriPort *port,
                      uint64_t ticket);

// Asks a client's server who it is, as `ari_client_connect` does. The answer (`Nothing` or `Failed`) arrives in the port under
// the number `ticket`, which the caller chooses and which no other call under way has.
//
// Returns false and says why in `error` if nothing has been begun; then nothing arrives.
//
// # Safety
// `port` and `client` are NULL or what they are called; `error` is NULL or a place for bytes.
bool ari_port_probe(const struct AriPort *port,
                    const struct AriClient *client,
                    uint64_t ticket,
                    struct AriBytes *error);

// `ari_client_call` without waiting. The answer arrives in the port, also that the arguments are wrong.
//
// # Safety
// As for `ari_port_probe`; the slices are readable bytes.
bool ari_port_call(const struct AriPort *port,
                   const struct AriClient *client,
                   uint64_t ticket,
                   struct AriSlice operation,
                   struct AriSlice arguments,
                   struct AriBytes *error);

// `ari_client_request` without waiting.
//
// # Safety
// As for `ari_port_call`.
bool ari_port_request(const struct AriPort *port,
                      const struct AriClient *client,
                      uint64_t ticket,
                      struct AriSlice method,
                      struct AriSlice path,
                      struct AriSlice query,
                      struct AriSlice body,
                      struct AriBytes *error);

// `ari_client_start` without waiting.
//
// The ticket's first answer says that the connection is open (`Nothing`) or that it will not be (`Failed`). Besides it gets
// `Events` whenever `ari_stream_next` has something new to say, attempts that failed and the end of the stream included. After
// each of them call `ari_stream_next` at least once, with a timeout of 0: more comes by itself as long as there is more.
//
// # Safety
// As for `ari_port_call`.
struct AriStream *ari_port_open(const struct AriPort *port,
                                const struct AriClient *client,
                                uint64_t ticket,
                                struct AriSlice arguments,
                                struct AriBytes *error);

// Pings the server of a stream. The answer arrives with its pong, or says that the connection is not open.
//
// # Safety
// `port` and `stream` are NULL or what they are called; `error` is NULL or a place for bytes.
bool ari_port_ping(const struct AriPort *port,
                   const struct AriStream *stream,
                   uint64_t ticket,
                   struct AriBytes *error);

// The domain objects in the event of this place in the batch; they are looked for when they are first asked for. `*count` is
// their number. They belong to the batch.
//
// # Safety
// `batch` was given out by `ari_stream_next` and has not been freed; `count` is NULL or holds a number.
const struct AriObject *ari_batch_objects(const struct AriBatch *batch,
                                          size_t event,
                                          size_t *count);

// Gives a batch back, and with it everything its events point to. NULL is allowed.
//
// # Safety
// `batch` was given out by `ari_stream_next` and has not been freed.
void ari_batch_free(struct AriBatch *batch);

// Takes the next events that somebody wants, in the order in which they came.
//
// Waits `timeout_ms` milliseconds for them: 0 does not wait, a negative number waits for ever. With the result `Batch`, `*batch`
// is one, for `ari_batch_free`; otherwise it is NULL. With the result `Failed`, `error` says why.
//
// # Safety
// `stream` is NULL or a stream; `batch` is NULL or a place for a pointer; `error` is NULL or a place for bytes.
AriNext ari_stream_next(const struct AriStream *stream,
                        int32_t timeout_ms,
                        struct AriBatch **batch,
                        struct AriBytes *error);

// Puts back the events of the last batch that come after this one; the next batch matches them with the subscriptions of
// that moment (see `ari_client_generation`). The port of the stream is told that there is something to look at.
//
// # Safety
// `stream` is NULL or a stream.
void ari_stream_rewind(const struct AriStream *stream,
                       uint64_t sequence);

// Has the stream's port told once more that there is something new, though nothing may be: for a caller that has taken the
// notice out of the port, or events out of the stream, and lets another part of the program deal with them.
//
// # Safety
// `stream` is NULL or a stream.
void ari_stream_remind(const struct AriStream *stream);

// Closes the connection. Events that still wait are given up, and the stream ends.
//
// # Safety
// `stream` is NULL or a stream.
void ari_stream_close(const struct AriStream *stream);

// Closes the connection and gives the stream back. NULL is allowed.
//
// # Safety
// `stream` is NULL, or a stream that has not been freed and that no other thread is using.
void ari_stream_free(struct AriStream *stream);

// Starts a simulated Asterisk in this process: ARI on one loopback port, and on another one the interface by which a test tells
// it what to do (docs/simulator.md).
//
// `options` is a JSON object, such as `{"speed": 10}`, or nothing. Returns NULL and says why in `error` if an option is wrong or there is
// no port. `ari_simulator_free` ends it.
//
// # Safety
// `options` are readable bytes; `error` is NULL or a place for bytes.
struct AriSimulator *ari_simulator_start(struct AriSlice options,
                                         struct AriBytes *error);

// Where the simulated Asterisk is: a JSON object with `url`, `control_url`, `username` and `password`.
//
// # Safety
// `simulator` is NULL or has not been freed; `facts` and `error` are NULL or places for bytes.
bool ari_simulator_facts(const struct AriSimulator *simulator, struct AriBytes *facts, struct AriBytes *error);

// Ends a simulated Asterisk with all of its connections, and waits until it has. NULL is allowed.
//
// # Safety
// `simulator` is NULL, or has not been freed and no other thread is using it.
void ari_simulator_free(struct AriSimulator *simulator);

#ifdef __cplusplus
}  // extern "C"
#endif  // __cplusplus

#endif  /* ARI_H */
