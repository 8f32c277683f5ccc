package Asterisk::ARI;

use 5.016;
use strict;
use warnings;

use parent 'Asterisk::ARI::Surface';

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
    my $pairs = defined $query ? _pairs($query) : undef;
    my $reason;
    $body = Asterisk::ARI::JSON::encode(Asterisk::ARI::JSON::plain($body, \$reason)) if defined $body;
    Asterisk::ARI::Exception->_refuse("the body of the request $reason") if defined $reason;
    my $native = $self->{native};
    my $send = sub { Asterisk::ARI::Native::port_request($_[0], $native, $_[1], $method, $path, $pairs, $body) };
    return $self->_perform($send, {}, $callback);
}

sub request_p {
    my ($self, @arguments) = @_;
    return $self->_promise(sub { $self->request(@arguments, $_[0]) });
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
        my $reason;
        $value = Asterisk::ARI::JSON::plain($value, \$reason);
        Asterisk::ARI::Exception->_refuse("$name of the query $reason") if defined $reason;
        $pair = [$name, _query_text($value)];
    }
    return Asterisk::ARI::JSON::encode([grep { defined $_->[1] } @pairs]);
}

sub _query_text {
    my ($value) = @_;
    return join ',', grep { defined } map { _query_text($_) } @$value if ref $value eq 'ARRAY';
    return Asterisk::ARI::JSON::encode($value) if ref $value;
    return defined $value ? "$value" : undef;
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
    return $self->on_event($type, $code);
}

sub remove_event_handler {
    my ($self, $type, $code) = @_;
    return $self->_remove_handlers($type, $code);
}

sub exception_handler {
    my ($self, @code) = @_;
    if (@code) {
        Asterisk::ARI::Exception->_refuse('the exception handler has to be a code reference')
            if defined $code[0] && !Asterisk::ARI::Client::_is_code($code[0]);
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
    my $reason;
    my $plain = Asterisk::ARI::JSON::plain(\%arguments, \$reason);
    Asterisk::ARI::Exception->_refuse("apps $reason") if defined $reason;
    return Asterisk::ARI::JSON::encode($plain);
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

sub fd { return Asterisk::ARI::Native::port_fd($_[0]->_port) }

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
    $self->detach;
    $self->stop;
    $self->{handlers}->remove_all;
    $self->{$_} = {} for qw(calls drains);
    delete @$self{qw(port exception_handler)};
    return;
}

# In a child made by fork, or in another thread, all of it belongs to somebody else.
sub DESTROY {
    my ($self) = @_;
    return if ${^GLOBAL_PHASE} eq 'DESTRUCT' || $self->{pid} != $$;
    local ($@, $!, $?);
    $self->detach;
    return;
}

1;
