/* From a batch of events to calls of their handlers: what is done for each of them is done here, because every operation of Perl's
 * counts at this place. */

#include "native.h"

#include <pthread.h>
#include <string.h>

/* Slots of an entry of Asterisk::ARI::Handlers. */
enum { ENTRY_CODE, ENTRY_CLASS, ENTRY_ID, ENTRY_ANY };

/* Slots of what Asterisk::ARI::Drain knows of a type: the package of its events, its name, and for each class of objects the fields
 * that hold one, as a hash of lists. */
enum { TYPE_PACKAGE, TYPE_NAME, TYPE_FIELDS };

/* Handlers of one event that are found without asking for memory. */
#define FEW 16

/* Children that fork has made of this process and its forebears; a client is of use only where it was made. */
static int forks = 0;

static void forked(void)
{
    forks++;
}

void ari_events_boot(void)
{
    static bool done = false;
    if (!done)
        pthread_atfork(NULL, NULL, forked);
    done = true;
}

AriCursor *ari_cursor_new(void)
{
    AriCursor *cursor;
    Newxz(cursor, 1, AriCursor);
    return cursor;
}

void ari_cursor_free(AriCursor *cursor)
{
    if (!cursor)
        return;
    ari_batch_free(cursor->batch);
    Safefree(cursor);
}

void ari_cursor_set(AriCursor *cursor, AriBatch *batch)
{
    ari_batch_free(cursor->batch);
    cursor->batch = batch;
    cursor->next = 0;
    cursor->begun = false;
    cursor->generation = batch ? batch->generation : 0;
}

size_t ari_cursor_left(const AriCursor *cursor)
{
    return cursor->batch ? cursor->batch->event_count - cursor->next : 0;
}

/* What a function of Asterisk::ARI::Drain knows, which looks it up once. */
static SV *ask(pTHX_ const char *function, SV *about)
{
    SV *answer;
    dSP;
    PUSHMARK(SP);
    XPUSHs(about);
    PUTBACK;
    call_pv(function, G_SCALAR);
    SPAGAIN;
    answer = POPs;
    PUTBACK;
    return answer;
}

static AV *type_of(pTHX_ AriSlice name)
{
    HV *types = get_hv("Asterisk::ARI::Drain::TYPES", GV_ADD);
    SV **known = hv_fetch(types, (const char *)name.data, (I32)name.size, 0);
    SV *type = known ? *known : ask(aTHX_ "Asterisk::ARI::Drain::_type_of", sv_2mortal(ari_text(aTHX_ name)));
    return (AV *)SvRV(type);
}

/* The package of a class of objects, loaded. */
static HV *stash_of_class(pTHX_ SV *class)
{
    HV *packages = get_hv("Asterisk::ARI::Drain::PACKAGES", GV_ADD);
    HE *known = hv_fetch_ent(packages, class, 0, 0);
    return gv_stashsv(known ? HeVAL(known) : ask(aTHX_ "Asterisk::ARI::Drain::_package_of", class), GV_ADD);
}

/* What the generated classes cannot know: where the objects of an event are that is newer than they. */
static SV *objects_of(pTHX_ const AriBatch *batch, size_t place)
{
    const AriObject *found;
    AV *objects;
    size_t count = 0, i;
    if (batch->events[place].known)
        return newSV(0);
    found = ari_batch_objects(batch, place, &count);
    objects = newAV();
    for (i = 0; i < count; i++) {
        av_push(objects, ari_text(aTHX_ found[i].field));
        av_push(objects, ari_text(aTHX_ found[i].object_class));
    }
    return newRV_noinc((SV *)objects);
}

/* An Asterisk::ARI::LazyEvent. */
static SV *event_of(pTHX_ const AriBatch *batch, size_t place, AV *type, SV *client)
{
    const AriEvent *event = &batch->events[place];
    SV *slots[5];
    slots[0] = newSV(0);
    slots[1] = newRV_inc(SvRV(client));
    slots[2] = newSVpvn((const char *)event->text.data, event->text.size);
    slots[3] = SvREFCNT_inc(AvARRAY(type)[TYPE_NAME]);
    slots[4] = objects_of(aTHX_ batch, place);
    return ari_new_data(aTHX_ gv_stashsv(AvARRAY(type)[TYPE_PACKAGE], GV_ADD), slots, 5);
}

static bool equals(pTHX_ AriSlice slice, SV *text)
{
    STRLEN size;
    const char *bytes = SvPVutf8(text, size);
    return slice.size == size && memEQ(slice.data, bytes, size);
}

/* The object that a field holds, if the core has found one there; NULL otherwise, or if the field is there twice. */
static const AriObject *in_field(pTHX_ const AriObject *objects, size_t count, SV *field)
{
    const AriObject *found = NULL;
    size_t i;
    for (i = 0; i < count; i++) {
        if (!equals(aTHX_ objects[i].field, field))
            continue;
        if (found)
            return NULL;
        found = &objects[i];
    }
    return found;
}

/* The object of the entry's class that the event is about, without reading the event: an Asterisk::ARI::Object that does so when
 * somebody looks. NULL if that takes a look at the event. */
static SV *object_of(pTHX_ const AriBatch *batch, size_t place, AV *type, AV *entry, SV *made, SV *client)
{
    SV *class = AvARRAY(entry)[ENTRY_CLASS], *id = AvARRAY(entry)[ENTRY_ID];
    SV *slots[5];
    HE *known;
    AV *fields;
    if (!batch->events[place].known)
        return NULL;
    known = hv_fetch_ent((HV *)SvRV(AvARRAY(type)[TYPE_FIELDS]), class, 0, 0);
    if (!known)
        return &PL_sv_undef;
    fields = (AV *)SvRV(HeVAL(known));
    if (SvOK(id)) {
        /* That one of the fields holds it is why the entry was found. */
        id = newSVsv(id);
    } else {
        size_t count = 0;
        const AriObject *objects = ari_batch_objects(batch, place, &count);
        const AriObject *found = in_field(aTHX_ objects, count, AvARRAY(fields)[0]);
        if (!found)
            return NULL;
        id = ari_text(aTHX_ found->id);
    }
    slots[0] = newSV(0);
    slots[1] = newRV_inc(SvRV(client));
    slots[2] = newRV_inc(SvRV(made));
    slots[3] = id;
    slots[4] = AvFILLp(fields) == 0 || !SvOK(AvARRAY(entry)[ENTRY_ID]) ? SvREFCNT_inc(AvARRAY(fields)[0]) : newSV(0);
    return ari_new_data(aTHX_ stash_of_class(aTHX_ class), slots, 5);
}

/* The same object by reading the event, or what that dies with. */
static SV *object_by_reading(pTHX_ AV *entry, SV *event, SV **error)
{
    SV *object;
    dSP;
    PUSHMARK(SP);
    EXTEND(SP, 3);
    PUSHs(event);
    PUSHs(AvARRAY(entry)[ENTRY_CLASS]);
    PUSHs(AvARRAY(entry)[ENTRY_ID]);
    PUTBACK;
    call_method("_object", G_SCALAR | G_EVAL);
    SPAGAIN;
    object = POPs;
    PUTBACK;
    *error = ari_died(aTHX);
    return object;
}

/* Calls the code of an entry; gives what it dies with. */
static SV *call_entry(pTHX_ AV *entry, SV *object, SV *event)
{
    SV *error = NULL;
    dSP;
    if (SvOK(AvARRAY(entry)[ENTRY_CLASS])) {
        if (!object)
            object = object_by_reading(aTHX_ entry, event, &error);
        if (error || (SvTRUE(AvARRAY(entry)[ENTRY_ANY]) && !SvOK(object)))
            return error;
    }
    SPAGAIN;
    PUSHMARK(SP);
    EXTEND(SP, 2);
    if (object)
        PUSHs(object);
    PUSHs(event);
    PUTBACK;
    ari_hold(aTHX_ 0);
    call_sv(AvARRAY(entry)[ENTRY_CODE], G_SCALAR | G_EVAL | G_DISCARD);
    ari_hold(aTHX_ 1);
    return ari_died(aTHX);
}

/* Has the client tell of an error; gives what that dies with. */
static SV *report(pTHX_ SV *client, SV *error, SV *event)
{
    dSP;
    PUSHMARK(SP);
    EXTEND(SP, 3);
    PUSHs(client);
    PUSHs(error);
    PUSHs(event);
    PUTBACK;
    call_method("_report", G_VOID | G_EVAL | G_DISCARD);
    return ari_died(aTHX);
}

static AV *entry_of(pTHX_ HV *entries, uint64_t number)
{
    char digits[24];
    char *first = digits + sizeof digits;
    SV **entry;
    do
        *--first = (char)('0' + number % 10);
    while (number /= 10);
    entry = hv_fetch(entries, first, (I32)(digits + sizeof digits - first), 0);
    return entry ? (AV *)SvRV(*entry) : NULL;
}

/* Calls the handlers of an event. They are complete before the first is called: what that one adds or takes back counts from
 * the next event, and the batch may be gone when it returns. */
static SV *handle(pTHX_ const AriBatch *batch, size_t place, SV *client, HV *entries, SV **made)
{
    const AriEvent *event = &batch->events[place];
    size_t wanted = event->subscription_count;
    AV *few[FEW], **wanting = few;
    SV *few_objects[FEW], **objects = few_objects;
    AV *type = type_of(aTHX_ event->name);
    size_t count = 0, i;
    if (wanted > FEW) {
        Newx(wanting, wanted, AV *);
        SAVEFREEPV(wanting);
        Newx(objects, wanted, SV *);
        SAVEFREEPV(objects);
    }
    *made = event_of(aTHX_ batch, place, type, client);
    for (i = 0; i < wanted; i++) {
        AV *entry = entry_of(aTHX_ entries, event->subscriptions[i]);
        if (!entry)
            continue;
        sv_2mortal(SvREFCNT_inc((SV *)entry));
        objects[count] = SvOK(AvARRAY(entry)[ENTRY_CLASS]) ? object_of(aTHX_ batch, place, type, entry, *made, client) : NULL;
        wanting[count++] = entry;
    }
    for (i = 0; i < count; i++) {
        SV *error = call_entry(aTHX_ wanting[i], objects[i], *made);
        if (error)
            error = report(aTHX_ client, error, *made);
        if (error)
            return error;
    }
    return NULL;
}

AriHandled ari_cursor_handle(pTHX_ AriCursor *cursor, SV *client, const AriClient *native, HV *entries, UV most, bool heed_signals)
{
    AriHandled done = {0, NULL, NULL};
    int process = forks;
    int before = ari_hold(aTHX_ 1);
    dSP;
    /* On a stack of its own, so that a `next` in a handler does not get at the loops of who calls: Perl refuses that. */
    PUSHSTACKi(PERLSI_UNKNOWN);
    while (done.handled < most && ari_cursor_left(cursor) && !done.error) {
        size_t place = cursor->next++;
        SV *made;
        cursor->seen = cursor->batch->events[place].sequence;
        cursor->begun = true;
        done.handled++;
        ENTER;
        SAVETMPS;
        done.error = handle(aTHX_ cursor->batch, place, client, entries, &made);
        if (done.handled == most)
            SvREFCNT_inc(done.event = made);
        SvREFCNT_inc(done.error);
        FREETMPS;
        LEAVE;
        if (forks != process || ari_client_generation(native) != cursor->generation || (heed_signals && PL_sig_pending))
            break;
    }
    POPSTACK;
    ari_hold(aTHX_ before);
    sv_2mortal(done.event);
    sv_2mortal(done.error);
    return done;
}
