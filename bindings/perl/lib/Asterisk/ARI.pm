package Asterisk::ARI;

use 5.016;
use strict;
use warnings;

use parent 'Asterisk::ARI::Surface';

use Scalar::Util ();

use Asterisk::ARI::Operations ();

our $VERSION = '0.1.0';

my %LOOPS = (
    AnyEvent        => 'AnyEvent',
    IOAsync         => 'IOAsync',
    'IO::Async'     => 'IOAsync',
    Mojo            => 'Mojo',
    'Mojo::IOLoop'  => 'Mojo',
);

sub new {
    my ($class, @options) = @_;
    return $class->_begin(@options);
}

sub connect {
    my ($class, @options) = @_;
    my $self = $class->_begin(@options);
    my $native = $self->{native};
    $self->_perform(sub { Asterisk::ARI::Native::port_probe($_[0], $native, $_[1]) }, {});
    return $self;
}

sub base_url { return Asterisk::ARI::Native::client_base_url($_[0]{native}) }

sub server_version { return Asterisk::ARI::Native::client_server_version($_[0]{native}) }

sub object {
    my ($self, $class, $id) = @_;
    my $package = defined $class ? $Asterisk::ARI::Surface::OBJECTS{$class} : undef;
    Asterisk::ARI::Exception->_refuse('an object is asked for by its class, such as "Channel", and its id')
        if !defined $package || !defined $id;
    return Asterisk::ARI::Data::_load_class($package)->_of_id($self, $id);
}

# Calls.

sub request {
    my $self = shift;
    my $callback = Asterisk::ARI::Operations::_callback(\@_);
    my ($method, $path, @more) = @_;
    Asterisk::ARI::Exception->_refuse('a request has a method, a path, and pairs (query, body)')
        if !defined $path || @more % 2;
    my %more = @more;
    my ($query, $body) = delete @more{qw(query body)};
    Asterisk::ARI::Exception->_refuse('a request takes query and body, not ' . join(', ', sort keys %more)) if %more;
    my $pairs = defined $query ? Asterisk::ARI::Client::_pairs($query) : undef;
    $body = Asterisk::ARI::Exception->_encoded('the body of the request', $body) if defined $body;
    my $native = $self->{native};
    return $self->_result({}, Asterisk::ARI::Native::client_request($native, $method, $path, $pairs, $body)) if !$callback;
    my $send = sub { Asterisk::ARI::Native::port_request($_[0], $native, $_[1], $method, $path, $pairs, $body) };
    return $self->_perform($send, {}, $callback);
}

sub request_p {
    my ($self, @arguments) = @_;
    return $self->_promise(sub { $self->request(@arguments, $_[0]) });
}

# Handlers.

sub on_event {
    my ($self, $type, $code) = @_;
    $type = Asterisk::ARI::Client::_event_name($type, $code);
    $self->{handlers}->remove_code($code, $type, undef, undef);
    return $self->{handlers}->add($type, $code);
}

sub add_event_handler {
    my ($self, $type, $code) = @_;
    return $self->{handlers}->add(Asterisk::ARI::Client::_event_name($type, $code), $code);
}

sub remove_event_handler {
    my ($self, $type, $code) = @_;
    return $self->_remove_handlers($type, $code);
}

sub exception_handler {
    my ($self, @code) = @_;
    if (@code) {
        Asterisk::ARI::Exception->_refuse('the exception handler has to be a code reference')
            if defined $code[0] && !Asterisk::ARI::Data::_is_code($code[0]);
        $self->{exception_handler} = $code[0];
    }
    return $self->{exception_handler};
}

# Events.

sub start {
    my $self = shift;
    my $callback = Asterisk::ARI::Operations::_callback(\@_);
    return $self->_open(_opening(@_), $callback);
}

sub start_p {
    my ($self, @arguments) = @_;
    return $self->_promise(sub { $self->start(@arguments, $_[0]) });
}

sub run {
    my ($self, @arguments) = @_;
    local $@;
    my $stream = $self->_open(_opening(@arguments));
    my $done = eval { $stream->run; 1 };
    my $error = $@;
    $stream->close;
    die $error if !$done;
    return;
}

# The arguments of the operation that opens the event connection.
sub _opening {
    my (@arguments) = @_;
    Asterisk::ARI::Exception->_refuse('applications are given as apps => [...]') if @arguments % 2;
    my %given = @arguments;
    my %arguments = (app => delete $given{apps}, subscribeAll => delete $given{subscribe_all} ? \1 : undef);
    Asterisk::ARI::Exception->_refuse('there are apps and subscribe_all, not ' . join(', ', sort keys %given)) if %given;
    return Asterisk::ARI::Exception->_encoded('apps', \%arguments);
}

sub stop {
    my ($self) = @_;
    Asterisk::ARI::Native::client_stop($self->{native});
    return;
}

sub dispatch {
    my ($self) = @_;
    local ($@, $!);
    $self->_dispatch;
    return;
}

sub fd {
    my ($self) = @_;
    Asterisk::ARI::Native::client_check($self->{native});
    return Asterisk::ARI::Native::port_fd($self->_port);
}

sub attach {
    my ($self, $name, $loop) = @_;
    my $adapter = defined $name ? $LOOPS{$name} : undef;
    Asterisk::ARI::Exception->_refuse('there are adapters for ' . join(', ', sort keys %LOOPS)) if !defined $adapter;
    Asterisk::ARI::Native::client_check($self->{native});
    $self->detach;
    $self->{loop} = Asterisk::ARI::Data::_load_class("Asterisk::ARI::Loop::$adapter")->new($self, $loop);
    return $self;
}

sub detach {
    my ($self) = @_;
    my $loop = delete $self->{loop} or return;
    $loop->detach;
    return;
}

sub close {
    my ($self) = @_;
    Asterisk::ARI::Native::client_check($self->{native});
    $self->detach;
    $self->stop;
    $self->{handlers}->remove_all;
    $self->{$_} = {} for qw(calls drains);
    delete @$self{qw(port exception_handler)};
    return;
}

# In a child made by fork, or in another thread (which has got no handle), all of it belongs to somebody else.
sub DESTROY {
    my ($self) = @_;
    return if ${^GLOBAL_PHASE} eq 'DESTRUCT' || $self->{pid} != $$ || !Scalar::Util::blessed($self->{native});
    local ($@, $!, $?);
    $self->detach;
    return;
}

1;

__END__

=encoding UTF-8

=head1 NAME

Asterisk::ARI - client of the Asterisk REST Interface

=head1 SYNOPSIS

    use Asterisk::ARI;

    my $ari = Asterisk::ARI->connect(url => 'http://localhost:8088', username => 'hey', password => 'peekaboo');

    $ari->on_channel_event(StasisStart => sub {
        my ($channel, $event) = @_;
        $channel->answer;
        $channel->play(media => 'sound:hello-world');
    });
    $ari->on_channel_event(ChannelDtmfReceived => sub {
        my ($channel, $event) = @_;
        return $channel->hangup if $event->digit eq '#';
        $channel->play(media => 'digits:' . $event->digit);
    });
    $ari->run(apps => ['hello']);

=head1 DESCRIPTION

Every operation of ARI as a method, every event as an object, lost connections made again, and errors that say what happened. The
connection is read by a thread of the native library at all times, so that events are kept however slow a handler is; Perl code
runs in the program's own thread only.

L<Asterisk::ARI::Surface> is the index of resources, objects and events. Applications are tested without an Asterisk with
L<Asterisk::ARI::Simulator>.

=head1 CALLS

    my $channel = $ari->channels->originate(endpoint => 'PJSIP/alice', app => 'hello', variables => { LANG => 'de' });
    my $same = $ari->channels->get($channel->id);           # what is in the path by position, or ...
    $ari->channels->get(channelId => $channel->id);         # ... like the rest by name
    $ari->channels->continueInDialplan($channel, context => 'other');   # Asterisk's own names work too

    my $call = $ari->channels->get($id, sub { my ($error, $channel) = @_; ... });
    my $promise = $ari->channels->get_p($id);

A resource, such as C<< $ari->channels >>, has its operations as methods; an L<object|Asterisk::ARI::Object> has those that act on it. Parameters have
Asterisk's names. Values may be texts, numbers, booleans (C<\1> and C<\0>, those of JSON modules and of Perl 5.36; for a boolean
parameter also 1, 0 and the empty string), array and hash references; C<undef> is "not given". Texts are texts of characters, not octets
of UTF-8. Arguments are checked before anything is sent.

A call gives exactly one scalar, in list context too: an L<object|Asterisk::ARI::Object>, a L<model|Asterisk::ARI::Model>, a reference to an array of them, a
L<file|Asterisk::ARI::File>, or undef if there is nothing to give. It waits for the answer, while C<%SIG> handlers and C<alarm> work, and
dies with an L<exception|Asterisk::ARI::Exception> if it fails. Two other forms do not wait:

=over

=item with a code reference as its last argument

gives an L<Asterisk::ARI::Call> and calls the code with C<($error, $result)> when there is an answer: in C<dispatch>, C<run>, C<next> or the
event loop, never before the call has returned. C<$error> is an L<exception|Asterisk::ARI::Exception> or undef.

=item with C<_p> after its name

gives a promise of the event loop that the client is attached to (see L</attach>).

=back

What Perl itself refuses, such as a name without a value, dies at once in the form with a callback.

=head1 METHODS

=head2 connect

    my $ari = Asterisk::ARI->connect(url => $url, username => $username, password => $password, %options);

Makes a client and asks the server who it is, so that a wrong address or password fails here. C<url> is the address of Asterisk's HTTP
server, such as C<http://localhost:8088>. Times are in seconds, fractions allowed:

    connect_timeout     5     for TCP, TLS and the WebSocket handshake
    request_timeout     30    for a whole call
    ping_interval       10    silence after which the event connection is pinged
    pong_timeout        5     for the answer to that
    min_delay           0.1   before the first attempt to reconnect; it doubles up to ...
    max_delay           10
    reconnect           lost  lost: a lost connection is made again; always: also one that the server has closed; never
    max_reconnects      undef attempts after a loss (undef: for ever)
    first_attempts      1     attempts of start and run to connect
    max_connections     16    calls under way at once
    max_body_bytes, max_frame_bytes, queue_bytes   largest answer, largest event, and all events that wait
    unknown_parameters  refuse  or drop: leaves out what an operation does not have
    ca_pem, client_cert_pem, client_key_pem   for TLS, as PEM text
    user_agent

=head2 new

The same without asking the server.

=head2 base_url, server_version

The address without credentials; the release of the server, such as C<22.10.1> (undef as long as it is not known).

=head2 object

    my $channel = $ari->object(Channel => $id);
    my $endpoint = $ari->object(Endpoint => 'PJSIP/alice');

An L<object|Asterisk::ARI::Object> of which nothing is known but its id, without a request. It need not exist yet.

=head2 request

    my $answer = $ari->request(GET => '/asterisk/ping');
    $ari->request(POST => '/new/thing', query => { a => 1 }, body => { b => [1, 2] });
    $ari->request(GET => '/new/thing', query => [[a => 1], [a => 2]], sub { my ($error, $answer) = @_; ... });

Sends what the library has no method for. The path is that below C</ari>, with its values percent-encoded; C<query> a hash or an array of
pairs, in which arrays are joined by commas and undef is left out; C<body> is sent as JSON. Gives the JSON of the answer, a
L<file|Asterisk::ARI::File> or undef. C<request_p> gives a promise.

=head2 on_event

    my $handler = $ari->on_event(StasisStart => sub { my ($event) = @_; ... });

See L</EVENTS>. C<add_event_handler> is the same but for code that is registered again, which is then called once more.

=head2 on_channel_event, on_bridge_event, ...

    my $handler = $ari->on_channel_event(StasisStart => sub { my ($channel, $event) = @_; ... });

The same for code that is given an object of the event. If the event has several of the class, it is the one that is always there, or else the
first; undef if there is none. With C<*> it is called for those events that hold one. L<Asterisk::ARI::Surface> lists these methods.

=head2 remove_event_handler

    $ari->remove_event_handler(StasisStart => $code);

Removes what C<on_event> has registered for this type with this code. True if there was something to remove.

=head2 exception_handler

    $ari->exception_handler(sub { my ($error, $event) = @_; ... });
    $ari->exception_handler(undef);

Sets, and without an argument gives, what is called with whatever a handler dies with, and its event; also with what a callback dies with, and
the error an event connection has ended with if nobody else is told, without an event. What it dies with itself leaves C<run> or
C<dispatch>, and the events after that one are not lost. Without one there is a warning.

=head2 run

    $ari->run(apps => ['hello'], subscribe_all => 0);

Opens the event connection of the applications (a name or an array of names), with C<subscribe_all> also for what is in no
application, and calls handlers until it ends: after C<stop>, or when the server closes it. Dies if it cannot be opened, or was lost and
is not to be made again. May be called again, also in a handler. While it waits, callbacks are called, and the event loop runs that the
client is attached to.

=head2 start

    my $stream = $ari->start(apps => ['hello']);
    $ari->start(apps => ['hello'], sub { my ($error, $stream) = @_; ... });

Opens the connection as C<run> does and gives the L<stream|Asterisk::ARI::Stream>; events go to the handlers in C<dispatch> or the event loop, or
are taken with C<< $stream->next >>. With a code reference it does not wait. C<start_p> gives a promise.

=head2 stop

Closes all event connections of the client, so that C<run> returns. For handlers, signal handlers, and everywhere else.

=head2 fd, dispatch

    my $select = IO::Select->new($ari->fd);
    while ($select->can_read) { $ari->dispatch }

A file descriptor that is readable as long as there is something to do, and what does it: callbacks of answers, and the handlers of a batch of
events at most. The descriptor must not be read or closed.

=head2 attach

    $ari->attach('Mojo');
    $ari->attach(IOAsync => $loop);
    $ari->attach('AnyEvent');

Has an event loop call C<dispatch>: L<Mojo::IOLoop|Asterisk::ARI::Loop::Mojo>, L<IO::Async|Asterisk::ARI::Loop::IOAsync> (the default loop unless one is
given) or L<AnyEvent|Asterisk::ARI::Loop::AnyEvent>. The module is loaded then. Gives the client. The loop does not keep the client; a promise does
until it is settled.

What blocks (calls, C<run>, C<next>, C<start> without a code reference) may be called in what the loop has called, and then blocks it, as
neither AnyEvent nor Mojo run within themselves.

=head2 detach

Ends that.

=head2 close

Detaches, stops, and forgets all handlers and the calls under way, whose callbacks are not called any more. A handler that refers to
C<$ari> keeps the client until it is removed; this is the way to let go of them all.

=head1 EVENTS

Handlers are for a type of events: a name, also one that the library does not know, or C<*> for all. Those of an event are called one after
the other in the order of registration, while the program is in C<run>, C<next>, C<dispatch> or the event loop. What they
add or remove counts from the next event, also when that has been received before. The same code registered with C<on_event> for the
same type again is called once, in its new place.

An event is an object of a class below C<Asterisk::ARI::Event::>, with its fields as methods and as a hash:

    $event->digit, $event->{digit}, $event->channel->name, $event->{channel}{name}

All handlers of an event are given the same one. Handlers may call operations, waiting or not, and C<run>; what they die with
goes to the L</exception_handler>, and the events go on. That includes what a signal handler dies with while a handler
runs: to end C<run> from a signal handler, call C<stop>.

The library has events of its own: C<Connected>, C<ConnectionLost>, C<Reconnecting>, C<Reconnected>, C<ConnectionClosed>, C<EventsDropped>,
C<UnreadableFrame>. For those of them that a program should hear of there is a warning unless it has a handler for them.

=head1 ERRORS

Everything that fails dies with an L<Asterisk::ARI::Exception> or a class below it (L<Asterisk::ARI::Exceptions> lists them), or hands it to the
callback or promise. That includes wrong arguments, which are an C<IllegalInputException>.

=head1 PROCESSES AND THREADS

After C<fork> a client belongs to the parent. In the child every use of it dies, letting it go does nothing, and a new one can be made. In
another ithread it cannot be used either.

=head1 ENVIRONMENT

C<ARI_LOG=debug> has the native library write what it does to standard error. C<ARI_JSON=PP> has L<JSON::PP> used where
L<Cpanel::JSON::XS> is installed. Credentials are in none of it.

=head1 LICENSE

MIT or Apache-2.0, as you like.

=cut
