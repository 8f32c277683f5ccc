/* The methods that read a field: out of the hash where there is one, else out of the JSON text, without reading the rest of it. The core
 * has found the text to be JSON.
 *
 * What is not plain (escapes, a name that is there twice, numbers with fractions, booleans) is left to the JSON module, which then reads
 * all of it. */

#include "native.h"

#include <string.h>

#ifdef __SSE2__
#include <emmintrin.h>
#endif

/* Slots of data; of an event or answer that has not been read the text is a string, of an object in an event that is a reference. */
enum { DATA, CLIENT, TEXT, EVENT = 2, ID, FIELD, FIRST, SIZE };

/* More digits may not fit into an integer. */
#define MOST_DIGITS 18

typedef struct {
    const char *first;
    size_t size;
} Span;

/* What a method reads; the same for all threads. */
typedef struct {
    char *name;
    I32 name_size;
    U32 hash;
    /* The class that the value is of; NULL if it is none. */
    char *package;
    bool is_list;
    /* The class is one of objects, which can be made without their data. */
    bool is_object;
} Field;

typedef enum { ABSENT, FOUND, UNCLEAR } Sight;

/* The next quote or backslash, or the end. */
static const char *quote_or_backslash(const char *at, const char *end)
{
#ifdef __SSE2__
    const __m128i quote = _mm_set1_epi8('"'), backslash = _mm_set1_epi8('\\');
    for (; end - at >= 16; at += 16) {
        __m128i bytes = _mm_loadu_si128((const __m128i *)at);
        int found = _mm_movemask_epi8(_mm_or_si128(_mm_cmpeq_epi8(bytes, quote), _mm_cmpeq_epi8(bytes, backslash)));
        if (found)
            return at + __builtin_ctz((unsigned)found);
    }
#endif
    while (at < end && *at != '"' && *at != '\\')
        at++;
    return at;
}

/* The quote that ends a string; NULL if there is none, or if the string holds more than its characters. */
static const char *end_of_plain(const char *at, const char *end)
{
    at = quote_or_backslash(at, end);
    return at < end && *at == '"' ? at : NULL;
}

static const char *after_string(const char *at, const char *end)
{
    for (at = quote_or_backslash(at + 1, end); at < end; at = quote_or_backslash(at + 2, end)) {
        if (*at == '"')
            return at + 1;
        if (end - at < 2)
            break;
    }
    return NULL;
}

static const char *after_value(const char *at, const char *end)
{
    size_t depth = 0;
    if (at < end && *at == '"')
        return after_string(at, end);
    for (; at < end; at++) {
        switch (*at) {
        case '"':
            at = after_string(at, end);
            if (!at)
                return NULL;
            at--;
            break;
        case '{':
        case '[':
            depth++;
            break;
        case '}':
        case ']':
            if (depth == 0)
                return at;
            if (--depth == 0)
                return at + 1;
            break;
        case ',':
        case ' ':
        case '\t':
        case '\n':
        case '\r':
            if (depth == 0)
                return at;
            break;
        }
    }
    return NULL;
}

static const char *after_blanks(const char *at, const char *end)
{
    while (at < end && (*at == ' ' || *at == '\t' || *at == '\n' || *at == '\r'))
        at++;
    return at;
}

/* Looks for a member of a JSON object. */
static Sight look(Span object, const char *name, size_t size, Span *value)
{
    const char *end = object.first + object.size;
    const char *at = after_blanks(object.first, end);
    Sight sight = ABSENT;
    if (at == end || *at != '{')
        return UNCLEAR;
    at = after_blanks(at + 1, end);
    if (at < end && *at == '}')
        return ABSENT;
    for (;;) {
        const char *key = at + 1, *stop;
        bool is_it;
        if (at >= end || *at != '"' || !(stop = end_of_plain(key, end)))
            return UNCLEAR;
        is_it = (size_t)(stop - key) == size && memcmp(key, name, size) == 0;
        at = after_blanks(stop + 1, end);
        if (at >= end || *at != ':')
            return UNCLEAR;
        at = after_blanks(at + 1, end);
        stop = after_value(at, end);
        if (!stop || stop == at)
            return UNCLEAR;
        if (is_it) {
            if (sight == FOUND)
                return UNCLEAR;
            sight = FOUND;
            value->first = at;
            value->size = (size_t)(stop - at);
        }
        at = after_blanks(stop, end);
        if (at < end && *at == '}')
            return sight;
        if (at >= end || *at != ',')
            return UNCLEAR;
        at = after_blanks(at + 1, end);
    }
}

/* A text, a short integer or null, mortal; NULL for everything else. */
static SV *plain_value(pTHX_ Span value)
{
    const char *at = value.first, *end = value.first + value.size;
    IV number = 0;
    bool negative;
    if (*at == '"') {
        AriSlice slice;
        const char *stop = end_of_plain(at + 1, end);
        if (!stop || stop + 1 != end)
            return NULL;
        slice.data = (const uint8_t *)at + 1;
        slice.size = value.size - 2;
        return sv_2mortal(ari_text(aTHX_ slice));
    }
    if (value.size == 4 && memcmp(at, "null", 4) == 0)
        return &PL_sv_undef;
    negative = *at == '-';
    at += negative;
    if (at == end || end - at > MOST_DIGITS || (*at == '0' && value.size > 1))
        return NULL;
    for (; at < end; at++) {
        if (*at < '0' || *at > '9')
            return NULL;
        number = 10 * number + (*at - '0');
    }
    return sv_2mortal(newSViv(negative ? -number : number));
}

static SV *slot(AV *self, SSize_t which)
{
    return which <= AvFILLp(self) ? AvARRAY(self)[which] : NULL;
}

/* The text of an event that has not been read. */
static bool text_of_event(pTHX_ AV *event, Span *text)
{
    SV *data = slot(event, DATA), *found = slot(event, TEXT);
    STRLEN size;
    if (!data || SvOK(data) || !found || !SvPOK(found) || SvUTF8(found))
        return false;
    text->first = SvPV(found, size);
    text->size = size;
    return true;
}

/* The text of data that has not been read. The place of an object in its event is kept. */
static bool text_of(pTHX_ AV *self, Span *text)
{
    SV *event = slot(self, EVENT), *field = slot(self, FIELD);
    SV *first = slot(self, FIRST), *size = slot(self, SIZE);
    Span all;
    STRLEN length;
    const char *name;
    if (!event || !SvROK(event))
        return text_of_event(aTHX_ self, text);
    if (!field || !SvOK(field) || !text_of_event(aTHX_ (AV *)SvRV(event), &all))
        return false;
    if (first && size) {
        text->first = all.first + SvUV(first);
        text->size = SvUV(size);
        return true;
    }
    name = SvPV(field, length);
    if (look(all, name, length, text) != FOUND)
        return false;
    av_store(self, FIRST, newSVuv((UV)(text->first - all.first)));
    av_store(self, SIZE, newSVuv(text->size));
    return true;
}

SV *ari_new_data(pTHX_ HV *stash, SV **slots, SSize_t count)
{
    AV *array = newAV();
    SSize_t i;
    av_extend(array, count - 1);
    for (i = 0; i < count; i++)
        AvARRAY(array)[i] = slots[i];
    AvFILLp(array) = count - 1;
    return sv_2mortal(sv_bless(newRV_noinc((SV *)array), stash));
}

static SV *new_data(pTHX_ const char *package, SV **slots, SSize_t count)
{
    return ari_new_data(aTHX_ gv_stashpv(package, GV_ADD), slots, count);
}

/* Whether the class has been loaded; the Perl side does it otherwise. */
static bool is_loaded(pTHX_ const Field *field)
{
    HV *loaded = get_hv("Asterisk::ARI::Data::LOADED", 0);
    return loaded && hv_exists(loaded, field->package, (I32)strlen(field->package));
}

/* An object whose data are a part of an event. */
static SV *object_in(pTHX_ SV *event, const Field *field, Span all, Span value)
{
    SV *slots[SIZE + 1];
    slots[DATA] = newSV(0);
    slots[CLIENT] = newSVsv(slot((AV *)SvRV(event), CLIENT));
    slots[EVENT] = newRV_inc(SvRV(event));
    slots[ID] = newSV(0);
    slots[FIELD] = newSVpvn_share(field->name, field->name_size, 0);
    slots[FIRST] = newSVuv((UV)(value.first - all.first));
    slots[SIZE] = newSVuv(value.size);
    return new_data(aTHX_ field->package, slots, SIZE + 1);
}

/* A field of what has not been read; NULL if it has to be. */
static SV *peeked(pTHX_ SV *self, const Field *field)
{
    AV *slots = (AV *)SvRV(self);
    SV *event = slot(slots, EVENT);
    Span all, value;
    if (!text_of(aTHX_ slots, &all))
        return NULL;
    switch (look(all, field->name, (size_t)field->name_size, &value)) {
    case ABSENT:
        return &PL_sv_undef;
    case UNCLEAR:
        return NULL;
    case FOUND:
        break;
    }
    if (!field->package)
        return plain_value(aTHX_ value);
    if (value.size == 4 && memcmp(value.first, "null", 4) == 0)
        return &PL_sv_undef;
    if (event && SvROK(event))
        return NULL;
    return field->is_object && *value.first == '{' && is_loaded(aTHX_ field) ? object_in(aTHX_ self, field, all, value) : NULL;
}

static SV *called(pTHX_ const char *function, bool is_method, SV **arguments, int count)
{
    SV *result;
    int i;
    dSP;
    PUSHMARK(SP);
    EXTEND(SP, count);
    for (i = 0; i < count; i++)
        PUSHs(arguments[i]);
    PUTBACK;
    if (is_method)
        call_method(function, G_SCALAR);
    else
        call_pv(function, G_SCALAR);
    SPAGAIN;
    result = POPs;
    PUTBACK;
    return result;
}

SV *ari_decoded(pTHX_ SV *octets, SV **error)
{
    SV *value;
    int before;
    dSP;
    ENTER;
    save_scalar(PL_errgv);
    SAVESPTR(PL_diehook);
    PL_diehook = NULL;
    /* So that nothing else is taken for the reason. */
    before = ari_hold(aTHX_ 1);
    PUSHMARK(SP);
    EXTEND(SP, 2);
    PUSHs(get_sv("Asterisk::ARI::JSON::DECODER", GV_ADD));
    PUSHs(octets);
    PUTBACK;
    call_method("decode", G_SCALAR | G_EVAL);
    SPAGAIN;
    value = POPs;
    PUTBACK;
    ari_hold(aTHX_ before);
    *error = ari_died(aTHX);
    LEAVE;
    return value;
}

static bool is_hash(SV *value)
{
    return SvROK(value) && SvTYPE(SvRV(value)) == SVt_PVHV;
}

SV *ari_data(pTHX_ SV *self)
{
    AV *slots;
    SV *data, *text;
    if (!SvROK(self) || SvTYPE(SvRV(self)) != SVt_PVAV)
        croak("data are of an object");
    slots = (AV *)SvRV(self);
    data = slot(slots, DATA);
    text = slot(slots, TEXT);
    if (data && SvROK(data))
        return data;
    if (data && text && SvPOK(text)) {
        SV *error, *value = ari_decoded(aTHX_ text, &error);
        if (!error && is_hash(value)) {
            sv_setsv(data, value);
            SvREFCNT_dec(text);
            AvARRAY(slots)[TEXT] = newSV(0);
            return data;
        }
    }
    /* The rest, and what is wrong. */
    return called(aTHX_ "_load", true, &self, 1);
}

/* What a value of the hash is, as the class of the field. */
static SV *of_class(pTHX_ AV *self, const Field *field, SV *value)
{
    SV *client = slot(self, CLIENT);
    if (!field->is_list && is_hash(value) && is_loaded(aTHX_ field)) {
        SV *slots[2];
        slots[DATA] = newRV_inc(SvRV(value));
        slots[CLIENT] = newSVsv(client);
        return new_data(aTHX_ field->package, slots, 2);
    } else {
        SV *arguments[4];
        arguments[0] = sv_2mortal(newSVpv(field->package, 0));
        arguments[1] = client;
        arguments[2] = value;
        arguments[3] = boolSV(field->is_list);
        return called(aTHX_ "Asterisk::ARI::Data::_make", false, arguments, 4);
    }
}

XS_INTERNAL(read_field)
{
    dXSARGS;
    const Field *field = XSANY.any_ptr;
    AV *slots;
    SV *data, *value, **found;
    if (items < 1 || !SvROK(ST(0)) || SvTYPE(SvRV(ST(0))) != SVt_PVAV)
        croak("%s is a method of an object", field->name);
    slots = (AV *)SvRV(ST(0));
    data = slot(slots, DATA);
    if (!data || !SvOK(data)) {
        value = peeked(aTHX_ ST(0), field);
        if (value) {
            ST(0) = value;
            XSRETURN(1);
        }
        data = ari_data(aTHX_ ST(0));
    }
    if (!is_hash(data))
        croak("%s: there is no data", field->name);
    found = (SV **)hv_common((HV *)SvRV(data), NULL, field->name, field->name_size, 0, HV_FETCH_JUST_SV, NULL, field->hash);
    if (!found)
        value = &PL_sv_undef;
    else if (field->package)
        value = of_class(aTHX_ slots, field, *found);
    else
        value = sv_mortalcopy(*found);
    ST(0) = value;
    XSRETURN(1);
}

/* Data of an answer: the text is kept until somebody looks. */
static SV *unread_of(pTHX_ const char *package, SV *client, Span text)
{
    SV *slots[TEXT + 1];
    slots[DATA] = newSV(0);
    slots[CLIENT] = newSVsv(client);
    slots[TEXT] = newSVpvn(text.first, text.size);
    return new_data(aTHX_ package, slots, TEXT + 1);
}

SV *ari_unread(pTHX_ SV *octets, SV *client, const char *package, bool is_list)
{
    STRLEN size;
    const char *first = SvPVbyte(octets, size), *end = first + size;
    const char *at = after_blanks(first, end);
    Span text;
    AV *list;
    if (!is_list) {
        text.first = first;
        text.size = size;
        return at < end && *at == '{' ? unread_of(aTHX_ package, client, text) : &PL_sv_undef;
    }
    if (at == end || *at != '[')
        return &PL_sv_undef;
    list = (AV *)sv_2mortal((SV *)newAV());
    at = after_blanks(at + 1, end);
    while (at < end && *at == '{') {
        text.first = at;
        at = after_value(at, end);
        if (!at)
            return &PL_sv_undef;
        text.size = (size_t)(at - text.first);
        av_push(list, SvREFCNT_inc(unread_of(aTHX_ package, client, text)));
        at = after_blanks(at, end);
        if (at == end || *at != ',')
            break;
        at = after_blanks(at + 1, end);
    }
    if (at == end || *at != ']' || after_blanks(at + 1, end) != end)
        return &PL_sv_undef;
    return sv_2mortal(newRV_inc((SV *)list));
}

void ari_new_field(pTHX_ const char *method, SV *name, SV *package, bool is_list)
{
    static const char objects[] = "Asterisk::ARI::Object::";
    STRLEN size;
    const char *bytes = SvPV(name, size);
    Field *field;
    CV *code;
    /* As long as the process: threads share it. */
    Newxz(field, 1, Field);
    field->name = savesharedpvn(bytes, size);
    field->name_size = (I32)size;
    PERL_HASH(field->hash, bytes, size);
    field->package = SvOK(package) ? savesharedpv(SvPV_nolen(package)) : NULL;
    field->is_list = is_list;
    field->is_object = field->package && !is_list && strncmp(field->package, objects, sizeof objects - 1) == 0;
    code = newXS(method, read_field, __FILE__);
    CvXSUBANY(code).any_ptr = field;
}
