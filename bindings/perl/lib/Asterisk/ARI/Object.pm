package Asterisk::ARI::Object;

use strict;
use warnings;

use Scalar::Util ();

use parent 'Asterisk::ARI::Operations', 'Asterisk::ARI::Data';

use overload
    '""'     => sub { $_[0]->_id },
    bool     => sub { 1 },
    '=='     => sub { ref $_[1] && Scalar::Util::refaddr($_[0]) == Scalar::Util::refaddr($_[1]) },
    '!='     => sub { !ref $_[1] || Scalar::Util::refaddr($_[0]) != Scalar::Util::refaddr($_[1]) },
    fallback => 1;

# An object of which nothing is known but its id.
sub _of_id {
    my ($class, $client, $id) = @_;
    my @fields = map { $_->[1] } @{ $class->_about->{identity} };
    my @parts = split m{/}, $id, scalar @fields;
    Asterisk::ARI::Exception->_refuse('an id is a text of the form ' . join('/', map { uc } @fields)) if @parts != @fields;
    my %data;
    @data{@fields} = @parts;
    return $class->_new($client, \%data);
}

# One that an event holds: [data, client, event, id, field, place in the text]; id or field may be undef. The event is read when
# somebody looks at more than fields.c can see.
sub _load {
    my ($self) = @_;
    return $self->SUPER::_load if !ref $self->[2];
    my ($event, $id, $field) = @$self[2 .. 4];
    if (defined $field) {
        $self->[0] = $event->{$field};
    }
    else {
        my $same = $event->_object($self->_about->{name}, $id);
        $self->[0] = $same && $same->[0];
    }
    $#$self = 1;
    return $self->[0] ||= {};
}

sub _id {
    my ($self) = @_;
    return $self->[3] if !$self->[0] && defined $self->[3];
    my @parts = $self->can('_identity') ? $self->_identity : map { $self->{ $_->[1] } } @{ $self->_about->{identity} };
    return join '/', map { defined $_ ? $_ : '' } @parts;
}

sub id { return $_[0]->_id }

# Its own identity wins over one that is passed.
sub _fill_in {
    my ($self, $arguments) = @_;
    my $identity = $self->_about->{identity};
    if (@$identity == 1) {
        $arguments->{ $identity->[0][0] } = !$self->[0] && defined $self->[3] ? $self->[3] : $self->_identity;
    }
    else {
        $arguments->{ $_->[0] } = $self->{ $_->[1] } for @$identity;
    }
    return;
}

sub on_event {
    my ($self, $type, $code) = @_;
    return $self->[1]->_on_object($type, $code, $self->_about->{name}, $self->_id);
}

sub add_event_handler {
    my ($self, $type, $code) = @_;
    return $self->on_event($type, $code);
}

sub remove_event_handler {
    my ($self, $type, $code) = @_;
    return $self->[1]->_remove_handlers($type, $code, $self->_about->{name}, $self->_id);
}

1;

__END__

=encoding UTF-8

=head1 NAME

Asterisk::ARI::Object - base of the objects: what lives in Asterisk and can be acted upon

=head1 SYNOPSIS

    my $channel = $ari->channels->originate(endpoint => 'PJSIP/alice', app => 'hello');
    print $channel->name, $channel->{name};         # fields
    $channel->play(media => 'sound:hello-world');   # operations, the channel's own id filled in
    $channel->on_event(ChannelDtmfReceived => sub {
        my ($channel, $event) = @_;
        $channel->hangup if $event->digit eq '#';
    });

    my $later = $ari->object(Channel => 'my-own-id');   # no request; it need not exist yet
    $later->on_event(StasisStart => sub { ... });
    $ari->channels->create(endpoint => 'PJSIP/bob', app => 'hello', channelId => $later);

=head1 DESCRIPTION

A snapshot of a channel, a bridge, a recording ...: its fields as methods and as a hash (see L<Asterisk::ARI::Data>), and the
operations on it as methods with its identity filled in (see L<Asterisk::ARI/CALLS>). Where an operation has the name of a field, the
method is the operation, and the field is in the hash.

As a text an object is its id, so that C<eq> compares what two objects stand for, and it may be passed where an id is wanted.
C<==> asks whether they are the same snapshot.

=head1 METHODS

=head2 id

What events and other operations call it by: its C<id> or its C<name>, for an endpoint C<technology/resource>.

=head2 client

The client it came from.

=head2 on_event

    my $handler = $channel->on_event($type => sub { my ($channel, $event) = @_; ... });

Calls the code for each event of this type that holds this object, with the object as it is in the event. The type may be one the
library does not know, and C<*> stands for all. Gives an L<Asterisk::ARI::Handler>, whose C<remove> ends it. Dies with an
C<IllegalInputException> if such events never hold an object of this class.

C<add_event_handler> is the same.

=head2 remove_event_handler

    $channel->remove_event_handler($type => $code);

Removes what was registered for this type of events of this object with this code. True if there was something to remove.

=head2 TO_JSON

The data as a hash, for JSON modules.

=head1 ERRORS

Operations die with an L<Asterisk::ARI::Exception>, such as C<NotFoundException> when the object is gone.

=cut
