package Asterisk::ARI::Loop;

use strict;
use warnings;

use Scalar::Util ();

use Asterisk::ARI::Exception ();

# The loop watches a descriptor of its own for the same pipe, so that closing it leaves the client's alone. It keeps this, and
# the client too, but not the other way round.
sub new {
    my ($class, $client, $loop) = @_;
    open my $handle, '<&', $client->fd or Asterisk::ARI::Exception->throw("no descriptor for the event loop: $!");
    my $self = bless { handle => $handle, loop => $loop, pid => $$ }, $class;
    Scalar::Util::weaken $client;
    $self->watch($handle, sub {
        my $there = $client or return;
        local $there->{loop}{inside} = 1;
        $there->dispatch;
    });
    return $self;
}

sub detach {
    my ($self) = @_;
    my $handle = delete $self->{handle} or return;
    $self->unwatch($handle);
    return;
}

# Whether the loop can be run from where we are: not from what it has called, if that is us.
sub may_turn { return !$_[0]{inside} }

# What loops with calls that cannot be cancelled do.
sub cancellable { }

1;

__END__

=encoding UTF-8

=head1 NAME

Asterisk::ARI::Loop - base of the adapters for event loops

=head1 SYNOPSIS

    package My::Loop;
    use parent 'Asterisk::ARI::Loop';
    sub turn    { my ($self, $seconds) = @_; ... }
    sub watch   { my ($self, $handle, $code) = @_; ... }
    sub unwatch { my ($self, $handle) = @_; ... }
    sub promise { my ($self) = @_; ...; return ($promise, sub { my ($error, $result) = @_; ... }) }

=head1 DESCRIPTION

An adapter has an event loop watch the descriptor of a client, and makes the promises that its C<_p> methods give. Programs
call C<< $ari->attach('Mojo') >>, C<'AnyEvent'> or C<'IOAsync'>, which loads the adapter. For any other loop nothing of this is needed: have it
watch C<< $ari->fd >> for reading and call C<< $ari->dispatch >>.

=head1 METHODS

=head2 watch, unwatch

Begin and end calling the code whenever the handle is readable.

=head2 turn

Runs the loop until something has happened, so many seconds at most (undef: for ever). That is what C<run>, C<next> and a blocking
C<start> wait with.

=head2 may_turn

Whether the loop can be run from where the program is. Where it cannot, because it is what has called, these block it: they wait
for the client alone.

=head2 promise

A promise, and the code that settles it, called as the callbacks of calls are: C<< $code->($error, $result) >>.

=head2 cancellable

    $loop->cancellable($promise, $call);

Told of the L<call|Asterisk::ARI::Call> of a promise, for loops whose promises can be cancelled.

=head2 detach

Ends the watching.

=cut
