/* Every function of ari.h, on a real Asterisk (ARI_URL, ARI_USERNAME, ARI_PASSWORD) and with arguments that are wrong.
 * tests/end_to_end.rs builds it with the address sanitizer, which also finds what is not given back. */

#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "ari.h"

#define CHECK(condition) ((condition) ? (void)0 : failed(__LINE__, #condition))

static AriBytes error;
static const AriSlice none = {NULL, 0};

static void failed(int line, const char *condition)
{
    fprintf(stderr, "line %d: not so: %s (last error: %.*s)\n", line, condition, (int)error.size,
            error.data ? (const char *)error.data : "");
    exit(1);
}

static AriSlice text(const char *given)
{
    AriSlice made = {(const uint8_t *)given, strlen(given)};
    return made;
}

static int holds(const uint8_t *data, size_t size, const char *part)
{
    size_t length = strlen(part), i;
    for (i = 0; i + length <= size; i++)
        if (memcmp(data + i, part, length) == 0)
            return 1;
    return 0;
}

/* Whether the last error says this; frees it. */
static int says(const char *part)
{
    int found = holds(error.data, error.size, part);
    if (found)
        ari_bytes_free(&error);
    return found;
}

static int is(AriSlice given, const char *wanted)
{
    return given.size == strlen(wanted) && memcmp(given.data, wanted, given.size) == 0;
}

static const char *options(const char *password)
{
    static char made[1024];
    snprintf(made, sizeof made, "{\"url\": \"%s\", \"username\": \"%s\", \"password\": \"%s\", \"request_timeout\": 20}",
             getenv("ARI_URL"), getenv("ARI_USERNAME"), password);
    return made;
}

static void wrong_arguments(AriClient *client, AriPort *port)
{
    const uint8_t bytes[] = {'"', 0xff, 0xfe, '"'};
    AriSlice garbage = {bytes, sizeof bytes}, nowhere = {NULL, 17}, endless = {bytes, (size_t)-1};
    AriAnswer answer;
    AriBatch *batch = NULL;

    CHECK(!ari_client_new(none, &error) && says("\\\"url\\\" is missing"));
    CHECK(!ari_client_new(text("[]"), &error) && says("options cannot be read"));
    CHECK(!ari_client_new(text("{\"url\": 5}"), &error) && says("has to be a text"));
    CHECK(!ari_client_new(text("{\"url\": \"\", \"username\": \"u\", \"password\": 12345}"), &error) && !says("12345") && says("has to be a text"));
    CHECK(!ari_client_new(text("{\"url\": \"ftp://x\", \"username\": \"u\", \"password\": \"p\"}"), &error) && says("IllegalInputException"));
    CHECK(!ari_client_new(garbage, &error) && says("not UTF-8"));
    CHECK(!ari_client_new(garbage, NULL));
    CHECK(!ari_client_connect(text(options("wrong")), &error) && says("UnauthorizedException"));
    CHECK(!ari_client_check(NULL, &error) && says("there is no client"));

    CHECK(!ari_client_call(NULL, text("asterisk.ping"), none, &answer, &error) && says("there is no client"));
    CHECK(!ari_client_call(client, text("asterisk.ping"), none, NULL, &error) && says("no place for the answer"));
    CHECK(!ari_client_call(client, none, none, &answer, &error) && says("there is no operation"));
    CHECK(!ari_client_call(client, garbage, none, &answer, &error) && says("operation is not UTF-8"));
    CHECK(!ari_client_call(client, text("asterisk.ping"), nowhere, &answer, &error) && says("17 bytes that are nowhere"));
    CHECK(!ari_client_call(client, text("asterisk.ping"), endless, &answer, &error) && says("nowhere"));
    CHECK(!ari_client_call(client, text("asterisk.ping"), text("{"), &answer, &error) && says("arguments cannot be read"));
    CHECK(!ari_client_call(client, text("channels.get"), text("{\"id\": 1}"), &answer, &error) && says("no parameter"));
    CHECK(!ari_client_call(client, text("events.eventWebsocket"), text("{\"app\": \"a\"}"), &answer, NULL));
    CHECK(!ari_client_request(client, text("BREW"), text("/x"), none, none, &answer, &error) && says("BREW"));
    CHECK(!ari_client_request(client, text("GET"), text("x y"), none, none, &answer, &error) && says("cannot be a path"));
    CHECK(!ari_client_request(client, text("GET"), text("/x"), text("{}"), none, &answer, &error) && says("query cannot be read"));

    CHECK(!ari_client_subscribe(NULL, none, none, none, &error) && says("there is no client"));
    CHECK(!ari_client_subscribe(client, none, text("Channel"), none, &error) && says("a class and an id"));
    CHECK(!ari_client_unsubscribe(NULL, 1) && !ari_client_unsubscribe(client, 123456));
    CHECK(ari_client_generation(NULL) == 0 && !ari_client_base_url(NULL).data && !ari_client_server_version(NULL).data);
    CHECK(!ari_client_start(client, none, &error) && says("app"));
    CHECK(!ari_client_start(NULL, none, &error) && says("there is no client"));
    ari_client_stop(NULL);

    CHECK(ari_port_fd(NULL) == -1 && !ari_port_wait(NULL, 0) && !ari_port_take(NULL, &answer) && !ari_port_take(port, NULL));
    CHECK(!ari_port_probe(port, NULL, 1, &error) && says("there is no client"));
    CHECK(!ari_port_probe(NULL, client, 1, &error) && says("there is no port"));
    CHECK(!ari_port_call(port, client, 1, text("asterisk.ping"), garbage, &error) && says("not UTF-8"));
    CHECK(!ari_port_request(port, client, 1, text("GET"), text("/x"), none, text("{"), &error) && says("body cannot be read"));
    CHECK(!ari_port_open(port, client, 1, text("{\"app\": \"\"}"), &error) && says("at least one application"));
    CHECK(!ari_port_ping(port, NULL, 1, &error) && says("there is no stream"));
    ari_port_abandon(NULL, 1);
    ari_port_abandon(port, 1);

    CHECK(ari_stream_next(NULL, 0, &batch, &error) == ARI_NEXT_FAILED && says("there is no stream") && !batch);
    CHECK(ari_stream_next(NULL, 0, NULL, &error) == ARI_NEXT_FAILED && says("no place for the batch"));
    ari_stream_rewind(NULL, 1);
    ari_stream_remind(NULL);
    ari_stream_close(NULL);

    ari_client_free(NULL);
    ari_port_free(NULL);
    ari_stream_free(NULL);
    ari_batch_free(NULL);
    ari_bytes_free(NULL);
    ari_answer_free(NULL);
    CHECK(!error.data && !error.size);
}

static void calls_that_are_waited_for(AriClient *client)
{
    AriAnswer answer;
    AriBytes url = ari_client_base_url(client), version = ari_client_server_version(client);

    CHECK(holds(url.data, url.size, "http") && holds(version.data, version.size, "."));
    ari_bytes_free(&url);
    ari_bytes_free(&url);
    ari_bytes_free(&version);
    CHECK(ari_version().size > 4);
    CHECK(ari_client_check(client, &error) && !error.data);

    CHECK(ari_client_call(client, text("asterisk.ping"), none, &answer, &error));
    CHECK(answer.kind == ARI_ANSWER_KIND_JSON && answer.ticket == 0 && holds(answer.bytes.data, answer.bytes.size, "pong"));
    ari_answer_free(&answer);
    ari_answer_free(&answer);
    CHECK(ari_client_call(client, text("asterisk.setGlobalVar"), text("{\"variable\": \"FROM_C\", \"value\": \"gr\xc3\xbc\xc3\x9f dich\"}"), &answer, NULL));
    CHECK(answer.kind == ARI_ANSWER_KIND_NOTHING && !answer.bytes.data);
    CHECK(ari_client_request(client, text("GET"), text("/asterisk/variable"), text("[[\"variable\", \"FROM_C\"]]"), none, &answer, &error));
    CHECK(holds(answer.bytes.data, answer.bytes.size, "gr\xc3\xbc\xc3\x9f dich"));
    ari_answer_free(&answer);

    CHECK(!ari_client_call(client, text("channels.get"), text("{\"channelId\": \"nobody\"}"), &answer, &error));
    CHECK(holds(error.data, error.size, "\"status\":404") && holds(error.data, error.size, "\"delivery\":\"rejected\""));
    CHECK(holds(error.data, error.size, "\"message\":\"Channel not found\"") && says("\"class\":\"NotFoundException\""));
}

/* The next answer in the port, waited for by the descriptor. */
static AriAnswer next_answer(AriPort *port)
{
    struct pollfd wanted = {ari_port_fd(port), POLLIN, 0};
    AriAnswer answer;
    CHECK(poll(&wanted, 1, 20000) == 1 && ari_port_wait(port, 0) && ari_port_take(port, &answer));
    return answer;
}

static int is_readable(AriPort *port)
{
    struct pollfd wanted = {ari_port_fd(port), POLLIN, 0};
    return poll(&wanted, 1, 0) == 1;
}

static void calls_that_are_not_waited_for(AriClient *client, AriPort *port)
{
    enum { MANY = 200 };
    int seen[MANY] = {0}, i;
    AriAnswer answer;

    CHECK(!is_readable(port) && !ari_port_wait(port, 0) && !ari_port_wait(port, 10) && !ari_port_take(port, &answer));
    CHECK(ari_port_probe(port, client, 7, &error) && ari_port_wait(port, -1));
    answer = next_answer(port);
    CHECK(answer.ticket == 7 && answer.kind == ARI_ANSWER_KIND_NOTHING && !is_readable(port));

    for (i = 0; i < MANY; i++)
        CHECK(ari_port_call(port, client, (uint64_t)i, text("asterisk.ping"), text("{}"), &error));
    for (i = 0; i < MANY; i++) {
        answer = next_answer(port);
        CHECK(answer.ticket < MANY && !seen[answer.ticket]++ && answer.kind == ARI_ANSWER_KIND_JSON);
        ari_answer_free(&answer);
    }
    CHECK(!is_readable(port));

    CHECK(ari_port_call(port, client, 1, text("channels.get"), text("{\"channelId\": \"nobody\"}"), &error));
    answer = next_answer(port);
    CHECK(answer.kind == ARI_ANSWER_KIND_FAILED && holds(answer.bytes.data, answer.bytes.size, "NotFoundException"));
    ari_answer_free(&answer);
    CHECK(ari_port_request(port, client, 2, text("GET"), text("/asterisk/ping"), none, none, &error));
    CHECK(!ari_port_call(port, client, 2, text("asterisk.ping"), none, &error) && says("ticket 2 is under way"));
    ari_port_abandon(port, 2);
    if (ari_port_wait(port, 500)) {
        /* It was quicker than we. */
        answer = next_answer(port);
        CHECK(answer.ticket == 2);
        ari_answer_free(&answer);
    }
}

static void *ping_often(void *client)
{
    int i;
    for (i = 0; i < 20; i++) {
        AriAnswer answer;
        CHECK(ari_client_call(client, text("asterisk.ping"), none, &answer, NULL));
        ari_answer_free(&answer);
    }
    return NULL;
}

static void calls_from_several_threads(AriClient *client)
{
    pthread_t threads[4];
    int i;
    for (i = 0; i < 4; i++)
        CHECK(pthread_create(&threads[i], NULL, ping_often, client) == 0);
    for (i = 0; i < 4; i++)
        CHECK(pthread_join(threads[i], NULL) == 0);
}

/* Events of a call, taken by waiting. The channel's own handler comes into being before the channel. */
static void events_that_are_waited_for(AriClient *client)
{
    uint64_t every, own, generation = ari_client_generation(client);
    int started = 0, ended = 0, connected = 0;
    size_t i;
    AriStream *stream;
    AriBatch *batch;
    AriAnswer answer;
    AriNext next;

    every = ari_client_subscribe(client, none, none, none, &error);
    own = ari_client_subscribe(client, text("StasisStart"), text("Channel"), text("from-c"), &error);
    CHECK(every && own && every != own && ari_client_generation(client) != generation);
    stream = ari_client_start(client, text("{\"app\": [\"c-waits\"]}"), &error);
    CHECK(stream);
    CHECK(ari_client_call(client, text("channels.originate"), text("{\"endpoint\": \"Local/100@default\", \"app\": \"c-waits\", \"channelId\": \"from-c\"}"), &answer, &error));
    ari_answer_free(&answer);
    while ((next = ari_stream_next(stream, 20000, &batch, &error)) == ARI_NEXT_BATCH) {
        for (i = 0; i < batch->event_count; i++) {
            const AriEvent *event = &batch->events[i];
            size_t object_count = 0;
            const AriObject *objects = ari_batch_objects(batch, i, &object_count);
            CHECK(event->known && event->subscription_count && event->subscriptions[0] == every);
            connected += is(event->name, "Connected") && object_count == 0;
            if (is(event->name, "StasisStart")) {
                started += event->subscription_count == 2 && event->subscriptions[1] == own;
                CHECK(object_count == 1 && is(objects[0].field, "channel"));
                CHECK(is(objects[0].object_class, "Channel") && is(objects[0].id, "from-c"));
                CHECK(holds(event->text.data, event->text.size, "\"args\""));
                CHECK(ari_client_call(client, text("channels.hangup"), text("{\"channelId\": \"from-c\"}"), &answer, &error));
            }
            if (is(event->name, "StasisEnd")) {
                ended++;
                ari_stream_close(stream);
                CHECK(ari_client_generation(client) != batch->generation);
            }
        }
        ari_batch_free(batch);
    }
    CHECK(next == ARI_NEXT_END && !batch && connected == 1 && started == 1 && ended == 1);
    CHECK(ari_stream_next(stream, 0, &batch, &error) == ARI_NEXT_END);
    ari_stream_free(stream);
    CHECK(ari_client_unsubscribe(client, every) && ari_client_unsubscribe(client, own) && !ari_client_unsubscribe(client, own));
}

/* The same by the descriptor; what is wanted changes in the middle of a batch, and the rest is matched again. */
static void events_by_the_descriptor(AriClient *client, AriPort *port)
{
    uint64_t every = ari_client_subscribe(client, none, none, none, &error);
    int open = 0, over = 0, events = 0, pong = 0;
    AriStream *stream = ari_port_open(port, client, 11, text("{\"app\": \"c-port\"}"), &error);
    CHECK(stream);
    while (!over) {
        AriAnswer answer = next_answer(port);
        AriBatch *batch;
        if (answer.kind == ARI_ANSWER_KIND_EVENTS) {
            CHECK(answer.ticket == 11);
            switch (ari_stream_next(stream, 0, &batch, &error)) {
            case ARI_NEXT_BATCH:
                events += (int)batch->event_count;
                CHECK(batch->event_count == 1 && is(batch->events[0].name, "Connected"));
                if (events == 1) {
                    /* Once more, for another subscription. */
                    uint64_t other = ari_client_subscribe(client, text("Connected"), none, none, &error);
                    CHECK(ari_client_unsubscribe(client, every));
                    every = other;
                    CHECK(ari_client_generation(client) != batch->generation);
                    ari_stream_rewind(stream, batch->events[0].sequence - 1);
                } else {
                    CHECK(batch->events[0].subscription_count == 1 && batch->events[0].subscriptions[0] == every);
                    CHECK(ari_port_ping(port, stream, 12, &error));
                }
                ari_batch_free(batch);
                break;
            case ARI_NEXT_END:
                over = 1;
                break;
            case ARI_NEXT_FAILED:
                CHECK(!"the stream ends in good order");
                break;
            default:
                break;
            }
        } else if (answer.ticket == 11) {
            open += answer.kind == ARI_ANSWER_KIND_NOTHING;
        } else {
            CHECK(answer.ticket == 12 && answer.kind == ARI_ANSWER_KIND_NOTHING);
            pong++;
            ari_client_stop(client);
        }
        ari_answer_free(&answer);
    }
    CHECK(open == 1 && events == 2 && pong == 1 && !is_readable(port));
    ari_stream_remind(stream);
    CHECK(is_readable(port) && next_answer(port).kind == ARI_ANSWER_KIND_EVENTS && !is_readable(port));
    ari_stream_free(stream);
    CHECK(ari_client_unsubscribe(client, every));
}

/* What is freed in any order, while things are under way. */
static void ends(void)
{
    AriClient *client = ari_client_new(text(options(getenv("ARI_PASSWORD"))), &error);
    AriPort *port = ari_port_new(&error), *other = ari_port_new(&error);
    AriStream *stream = ari_port_open(port, client, 1, text("{\"app\": \"c-ends\"}"), &error);
    AriBatch *batch;
    CHECK(client && port && other && stream);
    CHECK(ari_port_call(other, client, 1, text("channels.list"), none, &error));
    ari_port_free(other);
    ari_client_free(client);
    ari_port_free(port);
    CHECK(ari_stream_next(stream, 50, &batch, &error) != ARI_NEXT_BATCH);
    ari_bytes_free(&error);
    ari_stream_free(stream);
}

/* A child made by fork is told, and what it frees stays the parent's. */
static void fork_is_refused(AriClient *client, AriPort *port)
{
    int status = -1;
    pid_t child = fork();
    if (child == 0) {
        AriAnswer answer;
        CHECK(!ari_client_check(client, &error) && says("after fork"));
        CHECK(!ari_client_call(client, text("asterisk.ping"), none, &answer, &error) && says("after fork"));
        CHECK(!ari_client_subscribe(client, none, none, none, &error) && says("after fork"));
        CHECK(!ari_port_probe(port, client, 1, &error) && says("after fork"));
        CHECK(ari_port_fd(port) == -1 && !ari_port_wait(port, -1) && !ari_port_take(port, &answer));
        ari_client_stop(client);
        ari_client_free(client);
        ari_port_free(port);
        _exit(0);
    }
    CHECK(waitpid(child, &status, 0) == child && status == 0);
}

/* A connection to the simulated Asterisk that these facts, JSON, are about. */
static AriClient *client_of(AriBytes *facts)
{
    char made[1024];
    size_t size = facts->size - 1;
    CHECK(facts->data[size] == '}' && size < sizeof made - 100);
    CHECK(holds(facts->data, facts->size, "\"url\":\"http://127.0.0.1:") && holds(facts->data, facts->size, "\"control_url\":\"http://127.0.0.1:"));
    /* What is no option of a client's is left out: the control interface. */
    {
        char *begin, *end;
        memcpy(made, facts->data, facts->size);
        made[facts->size] = 0;
        begin = strstr(made, "\"control_url\"");
        end = strchr(begin, ',');
        memmove(begin, end + 1, strlen(end));
    }
    ari_bytes_free(facts);
    return ari_client_connect(text(made), &error);
}

static void a_simulated_asterisk(void)
{
    const uint8_t bytes[] = {'"', 0xff, 0xfe, '"'};
    AriSlice garbage = {bytes, sizeof bytes};
    AriSimulator *simulator = ari_simulator_start(text("{\"speed\": 100, \"username\": \"simulated\"}"), &error);
    AriSimulator *other = ari_simulator_start(none, NULL);
    AriClient *client;
    AriBytes facts;
    AriAnswer answer;
    int status = -1;
    pid_t child;

    CHECK(simulator && other && !error.data);
    CHECK(!ari_simulator_start(text("{\"sped\": 100}"), &error) && says("sped"));
    CHECK(!ari_simulator_start(text("{\"speed\": 0}"), &error) && says("\"argument\":true"));
    CHECK(!ari_simulator_start(text("{"), &error) && says("options of the simulator"));
    CHECK(!ari_simulator_start(garbage, &error) && says("options is not UTF-8"));
    CHECK(!ari_simulator_start(garbage, NULL));
    CHECK(!ari_simulator_facts(NULL, &facts, &error) && says("there is no simulator"));
    CHECK(!ari_simulator_facts(simulator, NULL, &error) && says("no place for the facts"));
    ari_simulator_free(NULL);

    CHECK(ari_simulator_facts(simulator, &facts, &error) && holds(facts.data, facts.size, "\"username\":\"simulated\""));
    client = client_of(&facts);
    CHECK(client);
    child = fork();
    if (child == 0) {
        ari_simulator_free(simulator);
        ari_simulator_free(other);
        _exit(0);
    }
    CHECK(waitpid(child, &status, 0) == child && status == 0);
    CHECK(ari_client_call(client, text("asterisk.ping"), none, &answer, &error) && holds(answer.bytes.data, answer.bytes.size, "pong"));
    ari_answer_free(&answer);

    /* It goes with its connections. */
    ari_simulator_free(simulator);
    CHECK(!ari_client_call(client, text("asterisk.ping"), none, &answer, &error) && says("\"class\":\"ConnectionException\""));
    ari_client_free(client);
    CHECK(ari_simulator_facts(other, &facts, NULL) && holds(facts.data, facts.size, "\"username\":\"hey\""));
    ari_bytes_free(&facts);
    ari_simulator_free(other);
}

int main(void)
{
    AriPort *port = ari_port_new(&error);
    AriClient *client = ari_client_connect(text(options(getenv("ARI_PASSWORD"))), &error);
    CHECK(port && client);
    wrong_arguments(client, port);
    calls_that_are_waited_for(client);
    calls_that_are_not_waited_for(client, port);
    calls_from_several_threads(client);
    events_that_are_waited_for(client);
    events_by_the_descriptor(client, port);
    ends();
    fork_is_refused(client, port);
    a_simulated_asterisk();
    ari_client_free(client);
    ari_port_free(port);
    puts("c: every function");
    return 0;
}
