/* Signal handlers while a call waits for its answer. */

#include "native.h"

SV *ari_died(pTHX)
{
    SV *error = ERRSV;
    return SvROK(error) || SvTRUE(error) ? sv_mortalcopy(error) : NULL;
}

bool ari_heed_signals(void *given)
{
    dTHX;
    AriSignals *signals = given;
    dJMPENV;
    int jumped;
    if (!PL_sig_pending)
        return true;
    ENTER;
    save_scalar(PL_errgv);
    JMPENV_PUSH(jumped);
    if (jumped == 0) {
        dSP;
        SV *error;
        PUSHMARK(SP);
        call_pv("Asterisk::ARI::Native::signals", G_VOID | G_EVAL | G_DISCARD);
        error = ari_died(aTHX);
        signals->error = error ? newSVsv(error) : NULL;
    } else {
        signals->exits = true;
    }
    JMPENV_POP;
    if (signals->exits)
        return false;
    LEAVE;
    return !signals->error;
}

void ari_signals_heeded(pTHX_ AriSignals *signals)
{
    if (signals->exits)
        my_exit(STATUS_CURRENT);
    if (signals->error)
        croak_sv(sv_2mortal(signals->error));
}
