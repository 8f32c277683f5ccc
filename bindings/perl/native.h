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

/* Once per process. */
void ari_events_boot(void);

#endif
