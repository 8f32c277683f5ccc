package Asterisk::ARI::Handler;

use strict;
use warnings;

use Scalar::Util ();

sub _new {
    my ($class, $handlers, $number) = @_;
    my $self = bless { handlers => $handlers, number => $number }, $class;
    Scalar::Util::weaken $self->{handlers};
    return $self;
}

sub remove {
    my ($self) = @_;
    my $handlers = $self->{handlers} or return 0;
    return $handlers->remove($self->{number});
}

1;

__END__

=encoding UTF-8

=head1 NAME

Asterisk::ARI::Handler - a handler that was registered

=head1 SYNOPSIS

    my $handler = $ari->on_event(StasisStart => sub { ... });
    $handler->remove;

=head1 DESCRIPTION

What registering a handler gives. It need not be kept: letting it go does not end the handler.

=head1 METHODS

=head2 remove

Takes the handler back: no event after the one being handled reaches it. May be called again. True if the handler was still there.

=cut
