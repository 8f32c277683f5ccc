package Asterisk::ARI::Loop::Mojo;

use strict;
use warnings;

use parent 'Asterisk::ARI::Loop';

use Mojo::IOLoop ();
use Mojo::Promise ();

sub watch {
    my ($self, $handle, $code) = @_;
    $self->{loop} ||= Mojo::IOLoop->singleton;
    $self->{loop}->reactor->io($handle => $code)->watch($handle, 1, 0);
    return;
}

sub unwatch {
    my ($self, $handle) = @_;
    $self->{loop}->reactor->remove($handle);
    return;
}

# This loop does not run within itself; with EV its timers would go off again.
sub may_turn { return $_[0]->SUPER::may_turn && !$_[0]{loop}->is_running }

sub turn {
    my ($self, $seconds) = @_;
    my $reactor = $self->{loop}->reactor;
    my $timer = defined $seconds ? $reactor->timer($seconds => sub { }) : undef;
    $self->{loop}->one_tick;
    $reactor->remove($timer) if defined $timer;
    return;
}

sub promise {
    my ($self) = @_;
    my $promise = Mojo::Promise->new->ioloop($self->{loop});
    return ($promise, sub { defined $_[0] ? $promise->reject($_[0]) : $promise->resolve($_[1]) });
}

1;

__END__

=encoding UTF-8

=head1 NAME

Asterisk::ARI::Loop::Mojo - Asterisk::ARI in Mojo::IOLoop

=head1 SYNOPSIS

    use Mojo::IOLoop;

    my $ari = Asterisk::ARI->connect(...)->attach('Mojo');
    $ari->on_event(StasisStart => sub { $_[0]->channel->answer_p->catch(sub { warn @_ }) });
    $ari->start_p(apps => ['hello'])->catch(sub { die @_ });
    $ari->get_channels_p->then(sub { my ($channels) = @_; ... }, sub { my ($error) = @_; ... });
    Mojo::IOLoop->start;

=head1 DESCRIPTION

Handlers and callbacks run in the loop, C<Mojo::IOLoop-E<gt>singleton> unless C<attach> was given another one. The C<_p> methods give
a L<Mojo::Promise>, which is rejected with an L<Asterisk::ARI::Exception>.

=head1 METHODS

See L<Asterisk::ARI::Loop>.

=cut
