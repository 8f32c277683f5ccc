package ConformanceRun;

# One case of the conformance table: what a runner does (docs/conformance.md).

use 5.016;
use strict;
use warnings;

use Asterisk::ARI;
use IO::Select;
use JSON::PP ();
use MIME::Base64 qw(encode_base64);
use mro;
use Scalar::Util qw(blessed);
use Time::HiRes qw(sleep);

sub new {
    my ($class, $table, $way, $case) = @_;
    my %nothing_yet = (registered => {}, functions => {}, handled => []);
    return bless { table => $table, callbacks => $way eq 'perl-callbacks', case => $case, %nothing_yet }, $class;
}

sub outcome {
    my ($self) = @_;
    my $outcome = eval { $self->carry_out } // failure($@);
    $self->{ari}->stop if $self->{ari};
    # What its handlers close over is this, which has the client.
    $_->remove for values %{ $self->{registered} };
    $self->{functions} = {};
    return { %$outcome, handled => $self->{handled} };
}

sub carry_out {
    my ($self) = @_;
    my $case = $self->{case};
    my %login = map { $_ => $case->{$_} } qw(url username password);
    my $ari = $self->{ari} = Asterisk::ARI->connect(%login, %{ $case->{options} });
    return { nothing => JSON::PP::true } if $case->{kind} eq 'connect';
    return $self->value($self->call($case->{call})) if $case->{kind} eq 'call';
    if ($case->{kind} eq 'request') {
        my ($method, $path, $query, $body) = @{ $case->{request} }{qw(method path query body)};
        return $self->value($self->wait_for(sub { $ari->request($method, $path, defined $query ? (query => $query) : (), defined $body ? (body => $body) : (), @_) }));
    }
    if ($case->{kind} eq 'upgrade') {
        $self->to_the_end($self->call($case->{call}));
        return {};
    }
    die "this runner does not know cases of kind $case->{kind}" if $case->{kind} ne 'events';
    $self->register($_) for @{ $case->{handlers} // [] };
    my %what = (apps => $case->{apps}, subscribe_all => $case->{subscribe_all});
    if ($self->{callbacks}) {
        $self->to_the_end($self->wait_for(sub { $ari->start(%what, @_) }));
    }
    else {
        $ari->run(%what);
    }
    return {};
}

# The result of a call, which is made with a callback where those are to be tested.
sub wait_for {
    my ($self, $begin) = @_;
    return $begin->() if !$self->{callbacks};
    my $answer;
    $begin->(sub { $answer = [@_] });
    $self->dispatch until $answer;
    die $answer->[0] if defined $answer->[0];
    return $answer->[1];
}

sub to_the_end {
    my ($self, $stream) = @_;
    if (!$self->{callbacks}) {
        1 while $stream->next;
        return;
    }
    my $end;
    $stream->on_end(sub { $end = [@_] });
    $self->dispatch until $end;
    die $end->[0] if defined $end->[0];
    return;
}

sub dispatch {
    my ($self) = @_;
    IO::Select->new($self->{ari}->fd)->can_read;
    $self->{ari}->dispatch;
    return;
}

# Calls an operation the way programs do: by the method of the resource, or of an object.
sub call {
    my ($self, $call) = @_;
    my ($resource, $nickname) = split /\./, $call->{operation};
    my $ari = $self->{ari};
    my $on = $call->{on};
    my $target = $on ? $ari->object(@$on{qw(class id)}) : $ari->can($resource) ? $ari->$resource : undef;
    if (!$target || !$target->can($nickname)) {
        # Perl itself finds that there is no such operation; what counts is that nothing is sent.
        die { unknown => qq(Can't locate object method "$nickname" [$call->{operation}]) };
    }
    return $self->wait_for(sub { $target->$nickname(%{ $call->{arguments} }, @_) });
}

sub register {
    my ($self, $handler) = @_;
    my $ari = $self->{ari};
    return if $self->{registered}{ $handler->{name} };
    my $code = $self->{functions}{ $handler->{same_as} // '' } // sub { $self->handle($handler, $_[-1]) };
    $self->{functions}{ $handler->{name} } = $code;
    $self->{registered}{ $handler->{name} }
        = ref $handler->{on}
        ? $ari->object(@{ $handler->{on} }{qw(class id)})->add_event_handler($handler->{event}, $code)
        : $ari->add_event_handler($handler->{event}, $code);
    return;
}

sub handle {
    my ($self, $handler, $event) = @_;
    push @{ $self->{handled} }, { handler => $handler->{name}, event => {%$event}, objects => objects_of($event) };
    for my $action (@{ $handler->{does} // [] }) {
        my ($verb, $what) = %$action;
        my $do = $self->can("do_$verb") or die "this runner does not know the action $verb";
        $self->$do($what);
    }
    return;
}

sub do_add   { my ($self, $handler) = @_; return $self->register($handler) }
sub do_call  { my ($self, $call)    = @_; local $self->{callbacks} = 0; return $self->call($call) }
sub do_raise { my ($self, $text)    = @_; die "$text\n" }
sub do_stop  { my ($self)           = @_; return $self->{ari}->stop }
sub do_sleep { my ($self, $time)    = @_; return sleep $time / 1000 }
sub do_hold  { my ($self)           = @_; return $self->{table}->ask(POST => "/hold/$self->{case}{id}") }

sub do_remove {
    my ($self, $name) = @_;
    my $handler = delete $self->{registered}{$name} or return;
    return $handler->remove;
}

# The fields of an event that hold objects.
sub objects_of {
    my ($event) = @_;
    my @known = map { [ @$_[ 0, 1 ] ] } @{ $event->_about->{objects} // [] };
    my @newer = @{ $event->[4] // [] };
    push @known, [ splice @newer, 0, 2 ] while @newer;
    my %objects;
    for my $each (@known) {
        my ($field, $class) = @$each;
        my $package = "Asterisk::ARI::Object::$class";
        my $object = $event->can($field) ? $event->$field : Asterisk::ARI::Data::_make($package, $event->client, $event->{$field});
        next if !(blessed $object && $object->isa('Asterisk::ARI::Object'));
        die "$field is a " . ref $object if ref $object ne $package;
        $objects{$field} = { class => $class, id => $object->id };
    }
    return \%objects;
}

sub value {
    my ($self, $value) = @_;
    return { nothing => JSON::PP::true } if !defined $value;
    return { base64 => encode_base64($value->content, '') } if blessed $value && $value->isa('Asterisk::ARI::File');
    my $outcome = { json => $value };
    if ($self->{case}{kind} eq 'call') {
        my $list = ref $value eq 'ARRAY';
        my @kinds = map { blessed $_ && $_->isa('Asterisk::ARI::Object') ? ref($_) =~ s/.*:://r : undef } $list ? @$value : $value;
        # An empty list is one of objects as well as of anything else.
        $outcome->{object} = $list ? \@kinds : $kinds[0] if !@kinds || grep { defined } @kinds;
    }
    return $outcome;
}

sub failure {
    my ($error) = @_;
    if (ref $error eq 'HASH' && defined $error->{unknown}) {
        my %told = (class => 'IllegalInputException', classes => ['AriException'], delivery => 'not sent');
        return { error => { %told, message => $error->{unknown}, text => $error->{unknown} } };
    }
    die $error if !(blessed $error && $error->isa('Asterisk::ARI::Exception'));
    my @classes = map { $_ eq 'Asterisk::ARI::Exception' ? 'AriException' : s/^Asterisk::ARI::Exception:://r } @{ mro::get_linear_isa(ref $error) };
    return {
        error => {
            class   => $classes[0],
            classes => \@classes,
            text    => "$error",
            map { $_ => $error->$_ } qw(status message delivery body),
        }
    };
}

1;
