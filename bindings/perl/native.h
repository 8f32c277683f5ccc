/* What the C files of Asterisk::ARI::Native share. */

#ifndef ARI_NATIVE_H
#define ARI_NATIVE_H

#define PERL_NO_GET_CONTEXT
#include "EXTERN.h"
#include "perl.h"
#include "XSUB.h"

#include "ari.h"

/* Whether Perl's signal handlers wait (ARI.xs); gives what it was before. */
int ari_hold(pTHX_ int held);

/* What code has died with, mortal; NULL if it has not. */
SV *ari_died(pTHX);

/* Runs signal handlers that wait, in the middle of a call (calls.c). What one does to end it is kept until the library has returned,
 * because nothing may jump over it. */
typedef struct {
    SV *error;
    bool exits;
} AriSignals;

bool ari_heed_signals(void *signals);

/* Dies, or exits, if one wanted that; its error becomes mortal. */
void ari_signals_heeded(pTHX_ AriSignals *signals);

/* Text of the library's, as Perl has it. */
SV *ari_text(pTHX_ AriSlice slice);

/* The batch of events that a connection is at (events.c). */
typedef struct {
    AriBatch *batch;
    size_t next;
    /* The event whose handlers ran last, in this batch or before. */
    UV seen;
    /* They ran in this batch. */
    bool begun;
    UV generation;
} AriCursor;

AriCursor *ari_cursor_new(void);
void ari_cursor_free(AriCursor *cursor);
void ari_cursor_set(AriCursor *cursor, AriBatch *batch);
size_t ari_cursor_left(const AriCursor *cursor);

/* What became of the events of a batch. */
typedef struct {
    UV handled;
    /* The last one, mortal. */
    SV *event;
    /* What the report of a handler's error has died with, mortal; the events after that one have not been handled. */
    SV *error;
} AriHandled;

/* Calls the handlers of the next events: of so many at most, until handlers come or go, in another process, or, if that is asked
 * for, until a signal waits. Signals are held, but in the handlers. */
AriHandled ari_cursor_handle(pTHX_ AriCursor *cursor, SV *client, const AriClient *native, HV *entries, UV most, bool heed_signals);

/* What the JSON module reads; undef, and an error otherwise. Both are mortal. */
SV *ari_decoded(pTHX_ SV *octets, SV **error);

/* Data of a class: it owns what the slots hold, and is mortal itself. */
SV *ari_new_data(pTHX_ HV *stash, SV **slots, SSize_t count);

/* The hash of data, for which it is read if it has not been. */
SV *ari_data(pTHX_ SV *self);

/* Makes a method that reads the field of this name (fields.c), which holds objects of a package, or a list of them, if that is given. */
void ari_new_field(pTHX_ const char *method, SV *name, SV *package, bool is_list);

/* An answer as an object of a package, or a list of them, that is read when somebody looks; undef if it is none. */
SV *ari_unread(pTHX_ SV *octets, SV *client, const char *package, bool is_list);

/* Once per process. */
void ari_events_boot(void);

#endif
