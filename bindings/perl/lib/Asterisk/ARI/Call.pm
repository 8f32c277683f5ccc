package Asterisk::ARI::Call;

use strict;
use warnings;

use Scalar::Util ();

sub _new {
    my ($class, $client, $ticket) = @_;
    my $self = bless { client => $client, ticket => $ticket }, $class;
    Scalar::Util::weaken $self->{client};
    return $self;
}

sub cancel {
    my ($self) = @_;
    my $client = $self->{client} or return 0;
    return $client->_cancel($self->{ticket});
}

1;

__END__

=encoding UTF-8

=head1 NAME

Asterisk::ARI::Call - a call that does not block

=head1 SYNOPSIS

    my $call = $ari->channels->get($id, sub { my ($error, $channel) = @_; ... });
    $call->cancel;

=head1 DESCRIPTION

What a call with a callback gives. It need not be kept.

=head1 METHODS

=head2 cancel

Gives the call up: its callback is not called any more, and if the request has not been sent yet, it is not sent. What the server
has received it may do all the same. True if the call was still under way.

=cut
