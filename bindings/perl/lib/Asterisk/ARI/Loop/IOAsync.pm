package Asterisk::ARI::Loop::IOAsync;

use strict;
use warnings;

use parent 'Asterisk::ARI::Loop';

use IO::Async::Loop ();

sub watch {
    my ($self, $handle, $code) = @_;
    $self->{loop} ||= IO::Async::Loop->new;
    $self->{loop}->watch_io(handle => $handle, on_read_ready => $code);
    return;
}

sub unwatch {
    my ($self, $handle) = @_;
    $self->{loop}->unwatch_io(handle => $handle, on_read_ready => 1);
    return;
}

sub turn {
    my ($self, $seconds) = @_;
    $self->{loop}->loop_once($seconds);
    return;
}

sub promise {
    my ($self) = @_;
    my $future = $self->{loop}->new_future;
    return ($future, sub { defined $_[0] ? $future->fail($_[0], 'ari') : $future->done($_[1]) });
}

sub cancellable {
    my ($self, $future, $call) = @_;
    $future->on_cancel(sub { $call->cancel });
    return;
}

1;

__END__

=encoding UTF-8

=head1 NAME

Asterisk::ARI::Loop::IOAsync - Asterisk::ARI in IO::Async

=head1 SYNOPSIS

    use IO::Async::Loop;

    my $loop = IO::Async::Loop->new;
    my $ari = Asterisk::ARI->connect(...)->attach(IOAsync => $loop);
    $ari->on_event(StasisStart => sub { $_[0]->channel->answer_p->retain });
    $ari->start_p(apps => ['hello'])->get;
    my $channels = $ari->get_channels_p->get;
    $loop->run;

=head1 DESCRIPTION

Handlers and callbacks run in the loop, C<< IO::Async::Loop->new >> unless C<attach> was given one. The C<_p> methods give a L<Future>
of the loop, which fails with an L<Asterisk::ARI::Exception> (of the category C<ari>); cancelling it gives the call up.

=head1 METHODS

See L<Asterisk::ARI::Loop>.

=cut
