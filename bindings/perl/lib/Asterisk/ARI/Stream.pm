package Asterisk::ARI::Stream;

use strict;
use warnings;

use Asterisk::ARI::Exception ();
use Asterisk::ARI::Native ();

# It keeps the client; the client keeps the drain, and knows nothing of this.
sub _new {
    my ($class, $client, $drain) = @_;
    return bless { client => $client, drain => $drain }, $class;
}

# What gives up opening it.
sub _call { return Asterisk::ARI::Call->_new($_[0]{client}, $_[0]{drain}{ticket}) }

sub client { return $_[0]{client} }

sub is_open { return $_[0]{drain}{ended} ? 0 : 1 }

sub close {
    my ($self) = @_;
    $self->{drain}->close;
    return;
}

sub run {
    my ($self) = @_;
    my ($client, $drain) = @$self{qw(client drain)};
    local $@;
    1 while defined $drain->take($client, all => 1);
    return;
}

sub next {
    my ($self, $timeout) = @_;
    my ($client, $drain) = @$self{qw(client drain)};
    my $until = defined $timeout ? Asterisk::ARI::Client::_now() + $timeout : undef;
    # Stands for this loop among the handlers: it has the core hand over every event.
    $drain->{wanted} ||= $client->{handlers}->add('*', sub { }) unless $drain->{ended};
    local $@;
    my ($event, @held);
    my $done = eval { $event = $drain->take($client, until => $until, held => \@held); 1 };
    my $error = $@;
    $_->again for @held;
    die $error if !$done;
    (delete $drain->{wanted})->remove if $drain->{ended} && $drain->{wanted};
    return $event;
}

sub ping {
    my ($self, $callback) = @_;
    my ($client, $drain) = @$self{qw(client drain)};
    Asterisk::ARI::Native::client_check($client->{native});
    my $native = $drain->{native};
    Asterisk::ARI::Exception::_class('ConnectionException')->throw('the event connection is not open') if !$native;
    return $client->_perform(
        sub { Asterisk::ARI::Native::port_ping($_[0], $native, $_[1]) },
        {}, $callback
    );
}

sub ping_p {
    my ($self) = @_;
    return $self->{client}->_promise(sub { $self->ping($_[0]) });
}

sub on_end {
    my ($self, $code) = @_;
    Asterisk::ARI::Exception->_refuse('on_end takes a code reference') if !Asterisk::ARI::Data::_is_code($code);
    my $drain = $self->{drain};
    push @{ $drain->{on_end} }, $code;
    $drain->tell_end($self->{client}) if $drain->{ended};
    return $self;
}

1;

__END__

=encoding UTF-8

=head1 NAME

Asterisk::ARI::Stream - an event connection

=head1 SYNOPSIS

    my $stream = $ari->start(apps => ['hello']);
    $stream->run;                               # handlers are called until the connection ends

    while (my $event = $stream->next) {         # or: every event, one after the other
        last if $event->type eq 'StasisEnd';
    }
    $stream->close;

    $ari->attach('Mojo');                       # or: in an event loop
    $ari->start(apps => ['hello'], sub {
        my ($error, $stream) = @_;
        die $error if $error;
        $stream->on_end(sub { Mojo::IOLoop->stop });
    });

=head1 DESCRIPTION

What C<< $ari->start >> gives. The connection stays open, and its events go to the handlers, until it is closed, the server
ends it, or the client goes away; letting go of this object does not close it.

=head1 METHODS

=head2 run

Calls the handlers of events as they come until the connection ends. Dies with what it has ended with if that was an error.

=head2 next

    my $event = $stream->next;
    my $event = $stream->next($seconds);

Waits for the next event, of whatever type, the library's own such as C<Connected> among them, calls its handlers, and gives it. Undef at the end of the connection and when the time is
up; C<is_open> tells which. Callbacks of calls are called meanwhile, other connections are left alone. What it
leaves is for the next C<next>, or for C<dispatch> or the event loop.

=head2 close

Closes the connection. Events that wait are given up; C<run> and C<next> return. May be called anywhere, also in handlers and in
signal handlers, and again.

=head2 is_open

False when the end has been reached.

=head2 ping

    $stream->ping;
    $stream->ping(sub { my ($error) = @_; ... });
    $stream->ping_p

Sends a ping and waits for its pong. Dies with a C<ConnectionException> if there is no connection at the moment. With a code
reference it does not block, and C<ping_p> gives a promise (see L<Asterisk::ARI/CALLS>).

=head2 on_end

    $stream->on_end(sub { my ($error) = @_; ... });

Calls the code once the connection has ended: with undef if it was closed, otherwise with the
L<exception|Asterisk::ARI::Exception>. Gives the stream. An error that neither C<run>, C<next> nor such code is told goes
to the exception handler of the client.

=head2 client

The client.

=head1 ERRORS

A lost connection is made again unless the client was made with C<< reconnect => 'never' >>; then C<run> and C<next> die with a
C<ConnectionException>.

=cut
