/* Calls an extension, greets who answers, and hangs up: Asterisk from C, with nothing but libari and ari.h.
 *
 *     cargo build --release --package ari-c
 *     cc -I bindings/c/include examples/c/hello.c target/release/libari.a -lpthread -ldl -lm -o hello
 *     ARI_URL=http://localhost:8088 ARI_USERNAME=hey ARI_PASSWORD=peekaboo ./hello [ENDPOINT]
 *
 * A real program has a JSON library; here ids are enough, and those come with each event. */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ari.h"

static const char *const application = "hello-c";

static AriSlice slice(const char *text)
{
    AriSlice made = {(const uint8_t *)text, strlen(text)};
    return made;
}

static int is(AriSlice given, const char *text)
{
    return given.size == strlen(text) && memcmp(given.data, text, given.size) == 0;
}

static void give_up(AriBytes *error)
{
    fprintf(stderr, "%.*s\n", (int)error->size, (const char *)error->data);
    ari_bytes_free(error);
    exit(1);
}

/* Calls an operation on a channel; `more` are further members of the arguments. Ids of Asterisk need no escapes in JSON. */
static void act(const AriClient *client, const char *operation, AriSlice channel, const char *more)
{
    char arguments[512];
    AriAnswer answer;
    AriBytes error;
    snprintf(arguments, sizeof arguments, "{\"channelId\": \"%.*s\"%s}", (int)channel.size, (const char *)channel.data, more);
    if (!ari_client_call(client, slice(operation), slice(arguments), &answer, &error))
        give_up(&error);
    ari_answer_free(&answer);
}

/* The channel an event is about. */
static AriSlice channel_of(const AriBatch *batch, size_t event)
{
    AriSlice none = {NULL, 0};
    size_t count = 0, i;
    const AriObject *objects = ari_batch_objects(batch, event, &count);
    for (i = 0; i < count; i++)
        if (is(objects[i].object_class, "Channel"))
            return objects[i].id;
    return none;
}

static void handle(const AriClient *client, const AriStream *stream, const AriBatch *batch, size_t place)
{
    const AriEvent *event = &batch->events[place];
    static char channel[256];
    AriSlice ours = {(const uint8_t *)channel, 0};
    printf("%.*s\n", (int)event->name.size, (const char *)event->name.data);
    if (is(event->name, "StasisStart")) {
        AriSlice id = channel_of(batch, place);
        snprintf(channel, sizeof channel, "%.*s", (int)id.size, (const char *)id.data);
        act(client, "channels.play", id, ", \"media\": \"sound:hello-world\"");
    } else if (is(event->name, "PlaybackFinished")) {
        ours.size = strlen(channel);
        act(client, "channels.hangup", ours, "");
    } else if (is(event->name, "StasisEnd")) {
        ari_stream_close(stream);
    }
}

int main(int count, char **given)
{
    const char *url = getenv("ARI_URL"), *username = getenv("ARI_USERNAME"), *password = getenv("ARI_PASSWORD");
    const char *wanted[] = {"StasisStart", "PlaybackFinished", "StasisEnd"};
    char options[1024], arguments[1024];
    AriSlice any = {NULL, 0};
    AriAnswer answer;
    AriBytes error;
    AriClient *client;
    AriStream *stream;
    AriBatch *batch;
    AriNext next;
    size_t i;

    snprintf(options, sizeof options, "{\"url\": \"%s\", \"username\": \"%s\", \"password\": \"%s\"}",
             url ? url : "http://localhost:8088", username ? username : "hey", password ? password : "peekaboo");
    client = ari_client_connect(slice(options), &error);
    if (!client)
        give_up(&error);
    for (i = 0; i < sizeof wanted / sizeof *wanted; i++)
        if (!ari_client_subscribe(client, slice(wanted[i]), any, any, &error))
            give_up(&error);

    snprintf(arguments, sizeof arguments, "{\"app\": \"%s\"}", application);
    stream = ari_client_start(client, slice(arguments), &error);
    if (!stream)
        give_up(&error);
    snprintf(arguments, sizeof arguments, "{\"endpoint\": \"%s\", \"app\": \"%s\"}", count > 1 ? given[1] : "Local/100@default",
             application);
    if (!ari_client_call(client, slice("channels.originate"), slice(arguments), &answer, &error))
        give_up(&error);
    ari_answer_free(&answer);

    /* Handlers of this program do not change what is wanted, so nothing has to be matched again. */
    while ((next = ari_stream_next(stream, -1, &batch, &error)) == ARI_NEXT_BATCH) {
        for (i = 0; i < batch->event_count; i++)
            handle(client, stream, batch, i);
        ari_batch_free(batch);
    }
    if (next == ARI_NEXT_FAILED)
        give_up(&error);
    ari_stream_free(stream);
    ari_client_free(client);
    puts("bye");
    return 0;
}
