/* libari (bindings/c/include/ari.h) as functions of Asterisk::ARI::Native. JSON crosses as octets, and no thread but Perl's own ever
 * comes here: answers and events are fetched, and a descriptor tells when there are some. */

#include "native.h"

#include <errno.h>
#include <poll.h>
#include <time.h>

/* Longest sleep while waiting. A signal that comes just before the sleep does not end it, so its handler is late by this much
 * at most. */
#define LONGEST_SLEEP_MS 500

/* Dies with the exception that an error of the library, as JSON, is. */
static void throw_json(pTHX_ SV *json)
{
    dSP;
    PUSHMARK(SP);
    XPUSHs(json);
    PUTBACK;
    call_pv("Asterisk::ARI::Exception::_throw_json", G_VOID | G_DISCARD);
    croak("Asterisk::ARI::Exception::_throw_json has returned");
}

static void throw_error(pTHX_ AriBytes *error)
{
    SV *json = sv_2mortal(newSVpvn((const char *)error->data, error->size));
    ari_bytes_free(error);
    throw_json(aTHX_ json);
}

/* Perl runs its signal handlers between any two operations, and they may die. While the library is at its bookkeeping that would
 * lose what is half done, so they wait: until it is over, or code of the program's is called. */
#define MY_CXT_KEY "Asterisk::ARI::Native::_guts" XS_VERSION
typedef struct {
    int held;
    despatch_signals_proc_t hook;
} my_cxt_t;
START_MY_CXT

static void leave_pending(pTHX)
{
    PERL_UNUSED_CONTEXT;
}

int ari_hold(pTHX_ int held)
{
    dMY_CXT;
    int before = MY_CXT.held;
    if (held == before)
        return before;
    MY_CXT.held = held;
    if (held) {
        MY_CXT.hook = PL_signalhook;
        PL_signalhook = leave_pending;
    } else {
        PL_signalhook = MY_CXT.hook;
    }
    return before;
}

static void restore_held(pTHX_ void *before)
{
    ari_hold(aTHX_ (int)PTR2IV(before));
}

/* Calls the code that is on the stack with the arguments above it, and gives what it returns; signals are held, or not, until
 * it returns or dies. On a stack of its own, so that a `next` in it does not get at the loops of who calls: Perl refuses that. */
static SV *call_held(pTHX_ int held, I32 code, I32 count)
{
    dSP;
    SV **given = PL_stack_base + code;
    SV *result;
    I32 i;
    ENTER;
    SAVEDESTRUCTOR_X(restore_held, INT2PTR(void *, (IV)ari_hold(aTHX_ held)));
    PUSHSTACKi(PERLSI_UNKNOWN);
    PUSHMARK(SP);
    EXTEND(SP, count);
    for (i = 1; i < count; i++)
        PUSHs(given[i]);
    PUTBACK;
    call_sv(given[0], G_SCALAR);
    SPAGAIN;
    result = SvREFCNT_inc(POPs);
    PUTBACK;
    POPSTACK;
    LEAVE;
    return result;
}

static SV *new_handle(pTHX_ void *handle, const char *class)
{
    SV *reference = newRV_noinc(newSVuv(PTR2UV(handle)));
    return sv_bless(reference, gv_stashpv(class, GV_ADD));
}

static void *handle_of(pTHX_ SV *given, const char *class)
{
    if (!SvROK(given) || !sv_derived_from(given, class) || !SvUV(SvRV(given)))
        throw_json(aTHX_ sv_2mortal(newSVpvf(
            "{\"class\":\"IllegalInputException\",\"delivery\":\"not sent\",\"argument\":true,\"message\":"
            "\"there is no %s here: it does not go along into another thread, and is gone when it has been freed\"}",
            class)));
    /* A signal handler may let go of it while it is in use. */
    sv_2mortal(SvREFCNT_inc(SvRV(given)));
    return INT2PTR(void *, SvUV(SvRV(given)));
}

static void *released(pTHX_ SV *self)
{
    void *handle = INT2PTR(void *, SvUV(SvRV(self)));
    sv_setuv(SvRV(self), 0);
    return handle;
}

/* JSON, which is octets already; undef is nothing. */
static AriSlice octets(pTHX_ SV *given)
{
    AriSlice slice = {NULL, 0};
    STRLEN size;
    if (SvOK(given)) {
        slice.data = (const uint8_t *)SvPVbyte(given, size);
        slice.size = size;
    }
    return slice;
}

/* Text of Perl's; undef is nothing. */
static AriSlice text(pTHX_ SV *given)
{
    AriSlice slice = {NULL, 0};
    STRLEN size;
    if (SvOK(given)) {
        /* A copy, because asking for UTF-8 may change what is asked. */
        SV *copy = sv_2mortal(newSVsv(given));
        slice.data = (const uint8_t *)SvPVutf8(copy, size);
        slice.size = size;
    }
    return slice;
}

SV *ari_text(pTHX_ AriSlice slice)
{
    SV *made = newSVpvn((const char *)slice.data, slice.size);
    if (!is_invariant_string((const U8 *)slice.data, slice.size))
        SvUTF8_on(made);
    return made;
}

static SV *octets_of(pTHX_ AriBytes *bytes)
{
    SV *made = newSVpvn(bytes->data ? (const char *)bytes->data : "", bytes->size);
    ari_bytes_free(bytes);
    return made;
}

/* The same for text; undef where there is none. */
static SV *text_or_undef(pTHX_ AriBytes bytes)
{
    SV *made;
    if (!bytes.data)
        return newSV(0);
    made = octets_of(aTHX_ &bytes);
    SvUTF8_on(made);
    return made;
}

/* An answer as a list; of one that is waited for without the ticket. */
static void push_answer(pTHX_ AriAnswer *answer)
{
    dSP;
    EXTEND(SP, 3);
    mPUSHu(answer->kind);
    PUSHs(answer->bytes.data ? sv_2mortal(octets_of(aTHX_ &answer->bytes)) : &PL_sv_undef);
    PUSHs(answer->content_type.data ? sv_2mortal(text_or_undef(aTHX_ answer->content_type)) : &PL_sv_undef);
    PUTBACK;
}

/* What has become of a call that was waited for: its answer as a list, or an exception. */
static void finish_call(pTHX_ bool done, AriSignals *signals, AriAnswer *answer, AriBytes *error)
{
    if (done) {
        push_answer(aTHX_ answer);
        return;
    }
    if (signals->exits || signals->error)
        ari_bytes_free(error);
    ari_signals_heeded(aTHX_ signals);
    throw_error(aTHX_ error);
}

static double now_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * 1e3 + now.tv_nsec / 1e6;
}

/* Waits for a descriptor; Perl's signal handlers run meanwhile, and may die. */
static bool wait_for(pTHX_ int fd, double timeout_ms)
{
    struct pollfd wanted = {fd, POLLIN, 0};
    double end = now_ms() + timeout_ms;
    for (;;) {
        double left = timeout_ms < 0 ? LONGEST_SLEEP_MS : end - now_ms();
        int sleep = left <= 0 ? 0 : left >= LONGEST_SLEEP_MS ? LONGEST_SLEEP_MS : (int)left + 1;
        int found;
        PERL_ASYNC_CHECK();
        found = poll(&wanted, 1, sleep);
        if (found > 0)
            return true;
        if (found < 0 && errno != EINTR)
            croak("Waiting for Asterisk failed: %s", strerror(errno));
        PERL_ASYNC_CHECK();
        if (timeout_ms >= 0 && now_ms() >= end)
            return false;
    }
}

/* What a hash of the Perl side holds under a name. */
static SV *held_by(pTHX_ SV *object, const char *name)
{
    SV **found = hv_fetch((HV *)SvRV(object), name, (I32)strlen(name), 0);
    if (!found)
        croak("there is no %s", name);
    return *found;
}

MODULE = Asterisk::ARI    PACKAGE = Asterisk::ARI::Native

PROTOTYPES: DISABLE

BOOT:
{
    MY_CXT_INIT;
    MY_CXT.held = 0;
    ari_events_boot();
}

#ifdef USE_ITHREADS

void
CLONE(...)
  CODE:
  {
    MY_CXT_CLONE;
    PERL_UNUSED_VAR(items);
    PERL_UNUSED_VAR(MY_CXT);
  }

#endif

SV *
held(SV *code, ...)
  CODE:
    PERL_UNUSED_VAR(code);
    RETVAL = call_held(aTHX_ 1, ax, items);
  OUTPUT:
    RETVAL

SV *
unheld(SV *code, ...)
  CODE:
    PERL_UNUSED_VAR(code);
    RETVAL = call_held(aTHX_ 0, ax, items);
  OUTPUT:
    RETVAL

bool
is_plain_text(SV *value)
  CODE:
    RETVAL = SvPOK(value) && !SvUTF8(value) && !SvMAGICAL(value);
#ifdef SvIsBOOL
    RETVAL = RETVAL && !SvIsBOOL(value);
#endif
  OUTPUT:
    RETVAL

SV *
unread(SV *octets, SV *client, const char *package, bool is_list)
  CODE:
    RETVAL = SvREFCNT_inc(ari_unread(aTHX_ octets, client, package, is_list));
  OUTPUT:
    RETVAL

void
new_field(const char *method, SV *name, SV *package, bool is_list)
  CODE:
    ari_new_field(aTHX_ method, name, package, is_list);

SV *
try_decode(SV *octets, SV *reason)
  PREINIT:
    SV *error;
  CODE:
    RETVAL = SvREFCNT_inc(ari_decoded(aTHX_ octets, &error));
    if (error)
        sv_setsv(SvRV(reason), error);
  OUTPUT:
    RETVAL

SV *
data(SV *self, ...)
  CODE:
    RETVAL = SvREFCNT_inc(ari_data(aTHX_ self));
  OUTPUT:
    RETVAL

AriClient *
client_new(SV *options)
  PREINIT:
    AriBytes error;
  CODE:
    RETVAL = ari_client_new(octets(aTHX_ options), &error);
    if (!RETVAL)
        throw_error(aTHX_ &error);
  OUTPUT:
    RETVAL

void
client_check(AriClient *client)
  PREINIT:
    AriBytes error;
  CODE:
    if (!ari_client_check(client, &error))
        throw_error(aTHX_ &error);

UV
client_subscribe(AriClient *client, SV *event, SV *object_class, SV *id)
  PREINIT:
    AriBytes error;
  CODE:
    RETVAL = ari_client_subscribe(client, text(aTHX_ event), text(aTHX_ object_class), text(aTHX_ id), &error);
    if (!RETVAL)
        throw_error(aTHX_ &error);
  OUTPUT:
    RETVAL

UV
client_subscribe_notice(AriClient *client, SV *event)
  PREINIT:
    AriBytes error;
  CODE:
    RETVAL = ari_client_subscribe_notice(client, text(aTHX_ event), &error);
    if (!RETVAL)
        throw_error(aTHX_ &error);
  OUTPUT:
    RETVAL

bool
client_unsubscribe(AriClient *client, UV number)
  CODE:
    RETVAL = ari_client_unsubscribe(client, number);
  OUTPUT:
    RETVAL

UV
client_generation(AriClient *client)
  CODE:
    RETVAL = ari_client_generation(client);
  OUTPUT:
    RETVAL

SV *
client_server_version(AriClient *client)
  CODE:
    RETVAL = text_or_undef(aTHX_ ari_client_server_version(client));
  OUTPUT:
    RETVAL

SV *
client_base_url(AriClient *client)
  CODE:
    RETVAL = text_or_undef(aTHX_ ari_client_base_url(client));
  OUTPUT:
    RETVAL

void
client_stop(AriClient *client)
  CODE:
    ari_client_stop(client);

void
signals()
  CODE:
    PERL_ASYNC_CHECK();

void
client_call(AriClient *client, SV *operation, SV *arguments)
  PREINIT:
    AriSignals signals = {NULL, false};
    AriAnswer answer;
    AriBytes error;
    bool done;
  PPCODE:
    done = ari_client_call_while(client, text(aTHX_ operation), octets(aTHX_ arguments), ari_heed_signals, &signals, &answer, &error);
    PUTBACK;
    finish_call(aTHX_ done, &signals, &answer, &error);
    SPAGAIN;

void
client_request(AriClient *client, SV *method, SV *path, SV *query, SV *body)
  PREINIT:
    AriSignals signals = {NULL, false};
    AriAnswer answer;
    AriBytes error;
    bool done;
  PPCODE:
    done = ari_client_request_while(client, text(aTHX_ method), text(aTHX_ path), octets(aTHX_ query), octets(aTHX_ body),
                                    ari_heed_signals, &signals, &answer, &error);
    PUTBACK;
    finish_call(aTHX_ done, &signals, &answer, &error);
    SPAGAIN;

AriPort *
port_new()
  PREINIT:
    AriBytes error;
  CODE:
    RETVAL = ari_port_new(&error);
    if (!RETVAL)
        throw_error(aTHX_ &error);
  OUTPUT:
    RETVAL

int
port_fd(AriPort *port)
  CODE:
    RETVAL = ari_port_fd(port);
  OUTPUT:
    RETVAL

bool
port_wait(AriPort *port, SV *seconds)
  CODE:
    RETVAL = wait_for(aTHX_ ari_port_fd(port), SvOK(seconds) ? SvNV(seconds) * 1e3 : -1);
  OUTPUT:
    RETVAL

void
port_take(AriPort *port)
  PREINIT:
    AriAnswer answer;
  PPCODE:
    if (!ari_port_take(port, &answer))
        XSRETURN_EMPTY;
    EXTEND(SP, 1);
    mPUSHu(answer.ticket);
    PUTBACK;
    push_answer(aTHX_ &answer);
    SPAGAIN;

void
port_probe(AriPort *port, AriClient *client, UV ticket)
  PREINIT:
    AriBytes error;
  CODE:
    if (!ari_port_probe(port, client, ticket, &error))
        throw_error(aTHX_ &error);

void
port_call(AriPort *port, AriClient *client, UV ticket, SV *operation, SV *arguments)
  PREINIT:
    AriBytes error;
  CODE:
    if (!ari_port_call(port, client, ticket, text(aTHX_ operation), octets(aTHX_ arguments), &error))
        throw_error(aTHX_ &error);

void
port_request(AriPort *port, AriClient *client, UV ticket, SV *method, SV *path, SV *query, SV *body)
  PREINIT:
    AriBytes error;
  CODE:
    if (!ari_port_request(port, client, ticket, text(aTHX_ method), text(aTHX_ path), octets(aTHX_ query),
                          octets(aTHX_ body), &error))
        throw_error(aTHX_ &error);

AriStream *
port_open(AriPort *port, AriClient *client, UV ticket, SV *arguments)
  PREINIT:
    AriBytes error;
  CODE:
    RETVAL = ari_port_open(port, client, ticket, octets(aTHX_ arguments), &error);
    if (!RETVAL)
        throw_error(aTHX_ &error);
  OUTPUT:
    RETVAL

void
port_ping(AriPort *port, AriStream *stream, UV ticket)
  PREINIT:
    AriBytes error;
  CODE:
    if (!ari_port_ping(port, stream, ticket, &error))
        throw_error(aTHX_ &error);

void
port_abandon(AriPort *port, UV ticket)
  CODE:
    ari_port_abandon(port, ticket);

AriCursor *
cursor_new()
  CODE:
    RETVAL = ari_cursor_new();
  OUTPUT:
    RETVAL

void
cursor_fill(AriCursor *cursor, AriStream *stream)
  PREINIT:
    AriBatch *batch;
    AriBytes error;
    AriNext found;
  PPCODE:
    found = ari_stream_next(stream, 0, &batch, &error);
    ari_cursor_set(cursor, batch);
    EXTEND(SP, 2);
    mPUSHu(found);
    if (found == ARI_NEXT_FAILED)
        mPUSHs(octets_of(aTHX_ &error));

UV
cursor_left(AriCursor *cursor)
  CODE:
    RETVAL = ari_cursor_left(cursor);
  OUTPUT:
    RETVAL

bool
cursor_is_stale(AriCursor *cursor, AriClient *client)
  CODE:
    RETVAL = cursor->begun && ari_client_generation(client) != cursor->generation;
  OUTPUT:
    RETVAL

UV
cursor_drop(AriCursor *cursor)
  CODE:
    ari_cursor_set(cursor, NULL);
    RETVAL = cursor->seen;
  OUTPUT:
    RETVAL

void
cursor_handle(AriCursor *cursor, AriClient *native, SV *client, UV most, bool heed_signals)
  PREINIT:
    AriHandled done;
    SV *entries;
  PPCODE:
    entries = held_by(aTHX_ held_by(aTHX_ client, "handlers"), "by_number");
    done = ari_cursor_handle(aTHX_ cursor, client, native, (HV *)SvRV(entries), most, heed_signals);
    EXTEND(SP, 3);
    mPUSHu(done.handled);
    PUSHs(done.event ? done.event : &PL_sv_undef);
    if (done.error)
        PUSHs(done.error);

void
stream_rewind(AriStream *stream, UV sequence)
  CODE:
    ari_stream_rewind(stream, sequence);

void
stream_remind(AriStream *stream)
  CODE:
    ari_stream_remind(stream);

void
stream_close(AriStream *stream)
  CODE:
    ari_stream_close(stream);

AriSimulator *
simulator_start(SV *options)
  PREINIT:
    AriBytes error;
  CODE:
    RETVAL = ari_simulator_start(octets(aTHX_ options), &error);
    if (!RETVAL)
        throw_error(aTHX_ &error);
  OUTPUT:
    RETVAL

SV *
simulator_facts(AriSimulator *simulator)
  PREINIT:
    AriBytes facts, error;
  CODE:
    if (!ari_simulator_facts(simulator, &facts, &error))
        throw_error(aTHX_ &error);
    RETVAL = octets_of(aTHX_ &facts);
  OUTPUT:
    RETVAL

MODULE = Asterisk::ARI    PACKAGE = Asterisk::ARI::Native::Client

void
DESTROY(SV *self)
  CODE:
    ari_client_free((AriClient *)released(aTHX_ self));

MODULE = Asterisk::ARI    PACKAGE = Asterisk::ARI::Native::Port

void
DESTROY(SV *self)
  CODE:
    ari_port_free((AriPort *)released(aTHX_ self));

MODULE = Asterisk::ARI    PACKAGE = Asterisk::ARI::Native::Cursor

void
DESTROY(SV *self)
  CODE:
    ari_cursor_free((AriCursor *)released(aTHX_ self));

MODULE = Asterisk::ARI    PACKAGE = Asterisk::ARI::Native::Stream

void
DESTROY(SV *self)
  CODE:
    ari_stream_free((AriStream *)released(aTHX_ self));

MODULE = Asterisk::ARI    PACKAGE = Asterisk::ARI::Native::Simulator

void
DESTROY(SV *self)
  CODE:
    ari_simulator_free((AriSimulator *)released(aTHX_ self));
