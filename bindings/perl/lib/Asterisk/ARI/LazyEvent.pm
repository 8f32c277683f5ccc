package Asterisk::ARI::LazyEvent;

use strict;
use warnings;

use parent 'Asterisk::ARI::Data';

# [data, client, text, type, objects]: most handlers look at one or two fields and many at none, so that the text is read
# when somebody looks. The objects are [field, class, ...] of a type that the library does not know. Made by events.c.

sub _origin { return "an event of the type $_[0][3]" }

# The type as the event was matched by, without reading the rest.
sub _type { return $_[0][3] }

# The fields that hold objects of a class, those first that are always there.
sub _object_fields {
    my ($self, $class) = @_;
    my $known = $self->_about->{objects} || [];
    return map { $_->[0] } sort { $b->[2] <=> $a->[2] } grep { $_->[1] eq $class } @$known
        unless $self->[4];
    my @found = @{ $self->[4] };
    my @fields;
    while (my ($field, $of) = splice @found, 0, 2) {
        push @fields, $field if $of eq $class;
    }
    return @fields;
}

# The object of a class that the event is about: the one with this id, or the first.
sub _object {
    my ($self, $class, $id) = @_;
    my $data = Asterisk::ARI::Native::data($self);
    my $package = "Asterisk::ARI::Object::$class";
    for my $field ($self->_object_fields($class)) {
        my $object = Asterisk::ARI::Data::_make($package, $self->[1], $data->{$field});
        next unless ref $object;
        return $object if !defined $id || $object->id eq $id;
    }
    return undef;
}

1;

__END__

=encoding UTF-8

=head1 NAME

Asterisk::ARI::LazyEvent - what events do beyond their fields

=head1 SYNOPSIS

    $ari->on_event(ChannelDtmfReceived => sub {
        my ($event) = @_;
        print $event->digit, $event->{digit}, $event->channel->name, $event->{channel}{name};
    });

=head1 DESCRIPTION

The base of L<Asterisk::ARI::Event>, of which all events are. The JSON of an event is read when one of its fields is first
looked at; until then the event is the text that has come. Everything that can be done with an event is described in
L<Asterisk::ARI::Data>, and the fields in its class below C<Asterisk::ARI::Event::>.

All handlers of an event are given the same object. Types that the library does not know are of the class
L<Asterisk::ARI::Event>; all their fields are in the hash.

=head1 METHODS

=head2 client

The client that has received the event.

=head2 TO_JSON

The data as a hash, for JSON modules.

=head1 ERRORS

Looking at a field dies with a C<ProtocolException> if the server has sent something that is no JSON.

=cut
