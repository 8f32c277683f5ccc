package Asterisk::ARI::Resource;

use strict;
use warnings;

use parent 'Asterisk::ARI::Operations';

sub _new {
    my ($class, $client) = @_;
    return bless { client => $client }, $class;
}

sub _resource {
    my ($class, $name) = @_;
    no strict 'refs';
    *{"${class}::_name"} = sub { $name };
    return;
}

sub client { return $_[0]{client} }

1;

__END__

=encoding UTF-8

=head1 NAME

Asterisk::ARI::Resource - base of the resources: the operations of one part of the interface

=head1 SYNOPSIS

    my $channels = $ari->channels;              # an Asterisk::ARI::Resource::Channels
    my $channel = $channels->get($id);
    my $same = $channels->get(channelId => $id);

=head1 DESCRIPTION

The client gives a resource by its name. Its methods are the operations of Asterisk's description, in snake case and by Asterisk's
own name; L<Asterisk::ARI/CALLS> says how they are called.

=head1 METHODS

=head2 client

The client.

=cut
