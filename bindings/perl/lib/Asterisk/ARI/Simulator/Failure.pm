package Asterisk::ARI::Simulator::Failure;

use strict;
use warnings;

use parent 'Asterisk::ARI::Exception';

# Several lines read better with the place on a line of its own.
sub as_string {
    my ($self) = @_;
    my $message = $self->message;
    return $message . ($message =~ /\n/ ? "\n" : ' ') . 'at ' . $self->file . ' line ' . $self->line . ".\n";
}

1;

__END__

=encoding UTF-8

=head1 NAME

Asterisk::ARI::Simulator::Failure - the application did not do what a test expects

=head1 SYNOPSIS

    my $failure = do { local $@; eval { $call->expect_heard('sound:goodbye', within => 1); 1 } ? undef : $@ };
    diag $failure->message;

=head1 DESCRIPTION

What the methods of L<Asterisk::ARI::Simulator> die with. A test that does not catch it ends there, and says

    expected the request channels.play with media "sound:goodbye" within 5 s, but it did not come.
    Not this one: media is "sound:hello-world", not "sound:goodbye"
         0.034 s  POST /channels/1764000000.0/play?media=sound%3Ahello-world -> 201
    Connected: hello.
    at t/ivr.t line 12.

It is an L<Asterisk::ARI::Exception>, with these in particular:

=over

=item message

What was expected, and what happened instead.

=item status

417: an expectation was not met. 400: what was asked is wrong. 404: there is no such thing. 409: it cannot be now, such as a key pressed
after the end of the call. Undef if the simulator cannot be reached.

=item file, line

The line of the test.

=back

=cut
