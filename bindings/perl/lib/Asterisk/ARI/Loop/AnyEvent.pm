package Asterisk::ARI::Loop::AnyEvent;

use strict;
use warnings;

use parent 'Asterisk::ARI::Loop';

use AnyEvent ();
use Scalar::Util ();

sub watch {
    my ($self, $handle, $code) = @_;
    Scalar::Util::weaken(my $weak = $self);
    $self->{watcher} = AnyEvent->io(
        fh   => $handle,
        poll => 'r',
        cb   => sub {
            my $tick = $weak->{tick};
            $code->();
            $tick->send if $tick;
        },
    );
    return;
}

sub unwatch {
    my ($self) = @_;
    delete $self->{watcher};
    return;
}

# AnyEvent refuses to wait while it waits.
sub may_turn { return $_[0]->SUPER::may_turn && !$AnyEvent::CondVar::Base::WAITING }

sub turn {
    my ($self, $seconds) = @_;
    my $tick = local $self->{tick} = AnyEvent->condvar;
    my $timer = defined $seconds ? AnyEvent->timer(after => $seconds, cb => sub { $tick->send }) : undef;
    $tick->recv;
    return;
}

sub promise {
    my ($self) = @_;
    my $condvar = AnyEvent->condvar;
    return ($condvar, sub { defined $_[0] ? $condvar->croak($_[0]) : $condvar->send($_[1]) });
}

1;

__END__

=encoding UTF-8

=head1 NAME

Asterisk::ARI::Loop::AnyEvent - Asterisk::ARI in AnyEvent, and so in EV, Glib, Event, ...

=head1 SYNOPSIS

    use AnyEvent;

    my $ari = Asterisk::ARI->connect(...)->attach('AnyEvent');
    $ari->on_event(StasisStart => sub { $_[0]->channel->answer(sub { my ($error) = @_; warn $error if $error }) });
    $ari->start(apps => ['hello'], sub { my ($error, $stream) = @_; die $error if $error });
    $ari->get_channels_p->cb(sub { my $channels = eval { $_[0]->recv }; ... });
    AnyEvent->condvar->recv;

=head1 DESCRIPTION

Handlers and callbacks run in the loop that AnyEvent has found. The C<_p> methods give a condition variable; its C<recv> gives the
result or dies with the L<Asterisk::ARI::Exception>. To wait with C<recv> for one in a handler or callback needs a loop that allows
that; callbacks work in all of them.

=head1 METHODS

See L<Asterisk::ARI::Loop>.

=cut
