package Asterisk::ARI::Client;

use strict;
use warnings;

use Scalar::Util ();
use Time::HiRes ();

use Asterisk::ARI::Call ();
use Asterisk::ARI::Data ();
use Asterisk::ARI::Drain ();
use Asterisk::ARI::Exception ();
use Asterisk::ARI::File ();
use Asterisk::ARI::Handlers ();
use Asterisk::ARI::JSON ();
use Asterisk::ARI::Native ();
use Asterisk::ARI::Stream ();

# Kinds of answers.
my ($JSON, $BINARY, $FAILED, $NEWS) = (1 .. 4);

# Answers that dispatch deals with before it lets others have their turn.
my $TURN = 100;

# Options that are texts whatever they look like; the others may be numbers written as texts.
my %TEXT = map { $_ => 1 } qw(url username password reconnect unknown_parameters ca_pem client_cert_pem client_key_pem user_agent);

# What a program should find in its log even if it handles none of it.
my %NOTICES = (
    UnreadableFrame => ['skipped a message that is no event: %s', 'reason'],
    EventsDropped   => ['%s events (%s bytes) waited too long and were given up', 'count', 'bytes'],
    ConnectionLost  => ['lost the event connection of %s: %s', 'application', 'reason'],
    Reconnected     => ['the event connection of %s is back after %s ms', 'application', 'gap_ms'],
);

sub _options {
    my (%options) = @_;
    for my $name (keys %options) {
        my $value = $options{$name};
        next if !defined $value || ref $value;
        $options{$name} = $TEXT{$name} ? "$value" : Scalar::Util::looks_like_number($value) ? 0 + $value : $value;
    }
    return \%options;
}

sub _begin {
    my ($class, @options) = @_;
    Asterisk::ARI::Exception->_refuse('options are given as pairs of name and value', 'connect') if @options % 2;
    my $options = Asterisk::ARI::Exception->_encoded('an option', _options(@options), 'connect');
    my $native = Asterisk::ARI::Native::client_new($options);
    my $self = bless {
        native   => $native,
        pid      => $$,
        handlers => Asterisk::ARI::Handlers->new($native),
        idle     => [],
        ticket   => 0,
        calls    => {},
        drains   => {},
    }, $class;
    my $handlers = $self->{handlers};
    for my $type (sort keys %NOTICES) {
        $handlers->add_notice($type, sub { _notice($type, $_[0]) });
    }
    return $self;
}

# What handles warnings is the program's.
sub _warn {
    my ($text) = @_;
    Asterisk::ARI::Native::unheld(sub { warn "Asterisk::ARI: $text" });
    return;
}

sub _notice {
    my ($type, $event) = @_;
    return if $event->client->{handlers}->count($type) > 1;
    my ($text, @fields) = @{ $NOTICES{$type} };
    _warn(sprintf "$text\n", map { defined $_ ? $_ : '?' } @$event{@fields});
    return;
}

# The generated surface.

sub _accessor {
    my ($class, $method, $package) = @_;
    no strict 'refs';
    *{"${class}::$method"} = sub { Asterisk::ARI::Data::_load_class($package)->_new($_[0]) };
    return;
}

sub _client_call {
    my ($class, $method, $accessor, $operation, %more) = @_;
    for my $suffix ('', '_p') {
        my $target = $operation . $suffix;
        my $call = sub { my $self = shift; return scalar $self->$accessor->$target(@_) };
        no strict 'refs';
        *{"${class}::$_$suffix"} = $call for grep { defined } $method, $more{alias};
    }
    return;
}

sub _object_handler {
    my ($class, $method, $object) = @_;
    no strict 'refs';
    *{"${class}::$method"} = sub { $_[0]->_on_object($_[1], $_[2], $object) };
    return;
}

# Handlers.

sub _event_name {
    my ($type, $code) = @_;
    Asterisk::ARI::Exception->_refuse('a handler is registered for a type of events, or "*" for all')
        if !defined $type || ref $type || $type eq '';
    Asterisk::ARI::Exception->_refuse("the handler of $type has to be a code reference") if !Asterisk::ARI::Data::_is_code($code);
    $type =~ s/\AAsterisk::ARI::Event:://;
    return $type;
}

sub _on_object {
    my ($self, $type, $code, $class, $id) = @_;
    $type = _event_name($type, $code);
    if (my $package = $Asterisk::ARI::Surface::EVENTS{$type}) {
        my $objects = Asterisk::ARI::Data::_load_class($package)->_about->{objects} || [];
        Asterisk::ARI::Exception->_refuse("$type events hold no $class") if !grep { $_->[1] eq $class } @$objects;
    }
    return $self->{handlers}->add($type, $code, $class, $id);
}

sub _remove_handlers {
    my ($self, $type, $code, $class, $id) = @_;
    return $self->{handlers}->remove_code($code, _event_name($type, $code), $class, $id);
}

# Calls. What is not waited for is sent by a function of a port and a ticket.

sub _call {
    my ($self, $operation, $arguments, $callback) = @_;
    return $self->_open($arguments, $callback) if $operation->{upgrade};
    my ($native, $id) = ($self->{native}, $operation->{id});
    return $self->_result($operation, Asterisk::ARI::Native::client_call($native, $id, $arguments)) if !$callback;
    my $send = sub { Asterisk::ARI::Native::port_call($_[0], $native, $_[1], $id, $arguments) };
    return $self->_perform($send, $operation, $callback);
}

sub _perform {
    my ($self, $send, $operation, $callback) = @_;
    Asterisk::ARI::Native::client_check($self->{native});
    if ($callback) {
        my $ticket = ++$self->{ticket};
        $send->($self->_port, $ticket);
        $self->{calls}{$ticket} = [$callback, $operation, Asterisk::ARI::Exception::_place()];
        return Asterisk::ARI::Call->_new($self, $ticket);
    }
    # A port of its own, so that what is for dispatch stays where it is. If a signal handler dies, the port goes, and with
    # it the call.
    my $port = pop @{ $self->{idle} } || Asterisk::ARI::Native::port_new();
    $send->($port, 1);
    my @answer;
    until (@answer = Asterisk::ARI::Native::port_take($port)) {
        Asterisk::ARI::Native::port_wait($port, undef);
    }
    push @{ $self->{idle} }, $port;
    return $self->_result($operation, @answer[1 .. 3]);
}

# A promise for what a function begins that is given a callback.
sub _promise {
    my ($self, $begin) = @_;
    my $loop = $self->{loop}
        or Asterisk::ARI::Exception::_class('IllegalStateException')
        ->throw('promises need an event loop: call $ari->attach first');
    # Until it is settled, it keeps the client.
    my ($promise, $settle) = $loop->promise;
    local $@;
    my $begun = eval { $begin->(sub { $settle->(@_); undef $self }) };
    if ($begun) {
        # What opens an event connection gives its stream.
        $loop->cancellable($promise, $begun->isa('Asterisk::ARI::Stream') ? $begun->_call : $begun);
    }
    else {
        $settle->($@);
    }
    return $promise;
}

sub _port { return $_[0]{port} ||= Asterisk::ARI::Native::port_new() }

sub _cancel {
    my ($self, $ticket) = @_;
    return 0 if $self->{pid} != $$ || !delete $self->{calls}{$ticket};
    Asterisk::ARI::Native::port_abandon($self->{port}, $ticket);
    delete $self->{drains}{$ticket};
    return 1;
}

# The value of an answer. Errors are of the call's place when that is over already.
sub _result {
    my ($self, $operation, $kind, $value, $content_type, @place) = @_;
    die Asterisk::ARI::Exception->_of_json($value, @place) if $kind == $FAILED;
    return Asterisk::ARI::File->_new(defined $value ? $value : '', $content_type) if $kind == $BINARY;
    return undef if $kind != $JSON;
    my ($package, $list) = @$operation{qw(package list)};
    if (defined $package) {
        my $unread = Asterisk::ARI::Native::unread($value, $self, Asterisk::ARI::Data::_load_class($package), $list ? 1 : 0);
        return $unread if defined $unread;
    }
    my $reason;
    my $data = Asterisk::ARI::JSON::try_decode($value, \$reason);
    if (defined $reason) {
        Asterisk::ARI::Exception::_class('ProtocolException')->throw(
            message   => "the server's answer is no JSON: $reason",
            delivery  => 'outcome unknown',
            operation => $operation->{id},
            @place ? (file => $place[0], line => $place[1]) : (),
        );
    }
    return defined $package ? Asterisk::ARI::Data::_make($package, $self, $data, $list) : $data;
}

# The query as JSON pairs of texts: lists are joined by commas, what is undef is left out.
sub _pairs {
    my ($query) = @_;
    my @pairs = ref $query eq 'HASH' ? map { [$_, $query->{$_}] } sort keys %$query
              : ref $query eq 'ARRAY' ? @$query
              :                         undef;
    for my $pair (@pairs) {
        Asterisk::ARI::Exception->_refuse('the query has to be a hash of names and values, or an array of such pairs')
            if ref $pair ne 'ARRAY' || @$pair != 2;
        my ($name, $value) = @$pair;
        $pair = [$name, _query_text(Asterisk::ARI::Exception->_plain("$name of the query", $value))];
    }
    return Asterisk::ARI::JSON::encode([grep { defined $_->[1] } @pairs]);
}

sub _query_text {
    my ($value) = @_;
    return join ',', grep { defined } map { _query_text($_) } @$value if ref $value eq 'ARRAY';
    return Asterisk::ARI::JSON::encode($value) if ref $value;
    return defined $value ? "$value" : undef;
}

# Runs the callback of a call.
sub _answer {
    my ($self, $call, $kind, $value, $content_type) = @_;
    my ($callback, $operation, @place) = @$call;
    my $result;
    my $done = eval { $result = $self->_result($operation, $kind, $value, $content_type, @place); 1 };
    $self->_call_back($callback, $done ? (undef, $result) : $@);
    return;
}

sub _call_back {
    my ($self, $callback, @arguments) = @_;
    local $@;
    return if eval { Asterisk::ARI::Native::unheld($callback, @arguments); 1 };
    $self->_report($@);
    return;
}

# Tells of what a handler or a callback has died with.
sub _report {
    my ($self, $error, $event) = @_;
    if (my $handler = $self->{exception_handler}) {
        Asterisk::ARI::Native::unheld($handler, $error, $event);
        return;
    }
    my $of = $event ? 'a handler of ' . $event->_type . ' events' : 'a callback';
    _warn("$of died: $error");
    return;
}

# Event connections.

sub _open {
    my ($self, $arguments, $callback) = @_;
    Asterisk::ARI::Native::client_check($self->{native});
    my @place = Asterisk::ARI::Exception::_place();
    my $ticket = ++$self->{ticket};
    my $native = Asterisk::ARI::Native::port_open($self->_port, $self->{native}, $ticket, $arguments);
    my $drain = $self->{drains}{$ticket} = Asterisk::ARI::Drain->new($native, $ticket, @place);
    my ($error, $answered);
    # The client keeps this, and not the other way round.
    Scalar::Util::weaken(my $client = $self);
    my $opened = sub {
        ($error) = @_;
        $answered = 1;
        $drain->forget($client) if defined $error;
        return if !$callback;
        $drain->opened if !defined $error;
        $callback->($error, defined $error ? undef : Asterisk::ARI::Stream->_new($client, $drain));
    };
    $self->{calls}{$ticket} = [$opened, {}, @place];
    return Asterisk::ARI::Stream->_new($self, $drain) if $callback;
    local $@;
    my @held;
    my $done = eval {
        while ($self->{calls}{$ticket}) {
            $self->_dispatch(\@held);
            $self->_wait if $self->{calls}{$ticket};
        }
        1;
    };
    my $died = $@;
    $_->again for @held;
    if (!$done) {    # by a signal handler, for example, which ends the attempt
        delete $self->{calls}{$ticket};
        $drain->forget($self);
        die $died;
    }
    if (!$answered) {
        my $class = Asterisk::ARI::Exception::_class('ConnectionException');
        $class->throw('the client was closed before the event connection was open');
    }
    die $error if defined $error;
    $drain->opened;
    return Asterisk::ARI::Stream->_new($self, $drain);
}

sub _now { return Time::HiRes::clock_gettime(Time::HiRes::CLOCK_MONOTONIC()) }

# Waits until there may be something to dispatch, until a time at most. False when it is up. The event loop that the
# client is attached to runs meanwhile, unless it is running.
sub _wait {
    my ($self, $until) = @_;
    my $left = defined $until ? $until - _now() : undef;
    $left = 0 if defined $left && $left < 0;
    my $loop = $self->{loop};
    if ($loop && $loop->may_turn) {
        $loop->turn($left);
        return !defined $until || _now() < $until;
    }
    return Asterisk::ARI::Native::port_wait($self->_port, $left);
}

# One turn: callbacks of answers, and a batch of events. With a list, connections that have events are put into it instead.
# Signal handlers run in the program's code and while waiting, and not in here.
sub _dispatch {
    my ($self, $held) = @_;
    Asterisk::ARI::Native::client_check($self->{native});
    Asterisk::ARI::Native::held(\&_turn, @_);
    return;
}

sub _turn {
    my ($self, $held) = @_;
    my $port = $self->{port} or return;
    for (1 .. $TURN) {
        my ($ticket, $kind, $value, $content_type) = Asterisk::ARI::Native::port_take($port) or last;
        if ($kind == $NEWS) {
            my $drain = $self->{drains}{$ticket} or next;
            if ($held && !$drain->{busy} && $drain->{opened}) {
                push @$held, $drain;
            }
            elsif ($drain->serve($self)) {
                last;
            }
        }
        elsif (my $call = delete $self->{calls}{$ticket}) {
            $self->_answer($call, $kind, $value, $content_type);
        }
    }
    return;
}

1;

__END__

=encoding UTF-8

=head1 NAME

Asterisk::ARI::Client - what the client is made of

=head1 DESCRIPTION

The hand-written half below the generated L<Asterisk::ARI::Surface>: calls, callbacks, handlers. Programs use L<Asterisk::ARI>, which
has all that is for them.

=cut
