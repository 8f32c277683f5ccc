package Asterisk::ARI::Native;

use strict;
use warnings;

use Asterisk::ARI::Exception ();
use XSLoader ();

our $VERSION = '0.1.0';

XSLoader::load('Asterisk::ARI', $VERSION);

# A new thread gets no copies of handles: two threads would free the same one.
for my $kind (qw(Client Cursor Port Simulator Stream)) {
    no strict 'refs';
    *{"Asterisk::ARI::Native::${kind}::CLONE_SKIP"} = sub { 1 };
}

1;

__END__

=encoding utf8

=head1 NAME

Asterisk::ARI::Native - the library below Asterisk::ARI

=head1 DESCRIPTION

The functions of F<libari>, which does what is the same in every language: connections, checks of arguments, errors, the
event path. They are for the modules of this distribution; programs use L<Asterisk::ARI>. F<ari.h> says what each of
them does.

JSON goes in and comes out as octets, other texts as text. What fails dies with an L<Asterisk::ARI::Exception>. Handles close what they
stand for when nothing refers to them any more. They do not go along into a child made by C<fork> or into another thread:
there, every function dies.

=head1 FUNCTIONS

=head2 Signals

Perl runs signal handlers between any two operations, and they may die. What must not be left half done is called in a way that
makes them wait.

=over

=item held($code, @arguments)

Calls the code in scalar context; signal handlers wait until it is over.

=item unheld($code, @arguments)

Calls code of the program's from in there: signal handlers do not wait.

=item signals()

Runs those that wait.

=back

=head2 Data

=over

=item data($object)

The hash of an object, for which it is read if it has not been.

=item try_decode($octets, \$reason)

What the JSON module reads; undef and the reason if it cannot. Signal handlers wait, so that nothing else is taken for the reason.

=item unread($octets, $ari, $package, $is_list)

An answer as an object of a class, or a list of them, that is read when somebody looks; undef if it is none.

=item is_plain_text($value)

Whether it is a text that JSON can have, as far as can be seen at a glance.

=item new_field($method, $name, $package, $is_list)

Makes a method that reads the field of this name, of an object's hash or of the JSON of an event; with a package, the values are of that
class, or lists of such.

=back

=head2 The client

=over

=item client_new($options_json)

A handle for a server. The options hold C<url>, C<username> and C<password>.

=item client_check($client)

Dies in a process in which the client cannot be used.

=item client_subscribe($client, $event, $class, $id)

Wants events of a type (undef: all), with an object (both undef: any). Gives the number of the subscription.

=item client_subscribe_notice($client, $event)

Wants events of a type only to tell of them.

=item client_unsubscribe($client, $number)

Takes one back. False when it was not there.

=item client_generation($client)

A number that changes with the subscriptions.

=item client_server_version($client), client_base_url($client)

Release of the server, undef as long as it is not known; its address.

=item client_call($client, $operation, $arguments_json)

Calls an operation by its id and waits for the answer, C<($kind, $value, $content_type)>: 0 done, 1 JSON, 2 a file. Signal handlers run
meanwhile, a tenth of a second after the signal at the latest.

=item client_request($client, $method, $path, $query_json, $body_json)

The same for any request; the query is a list of pairs of texts. Query and body may be undef.

=item client_stop($client)

Closes all streams of the client.

=back

=head2 Ports

A port is where answers arrive. The caller chooses a number, the ticket, for each thing it begins.

=over

=item port_new()

A new port.

=item port_fd($port)

A descriptor that is readable as long as something waits in the port.

=item port_wait($port, $seconds)

Waits until something does; C<undef> waits for ever. Signal handlers run meanwhile. False when the time is up.

=item port_take($port)

The next answer, C<($ticket, $kind, $value, $content_type)>, or nothing. Kinds: 0 done, 1 JSON, 2 a file, 3 an error as JSON, 4 there is
something new in the stream with this ticket.

=item port_probe($port, $client, $ticket)

Asks the server who it is.

=item port_call($port, $client, $ticket, $operation, $arguments_json)

Calls an operation by its id.

=item port_request($port, $client, $ticket, $method, $path, $query_json, $body_json)

Sends any request; the query is a list of pairs of texts. Query and body may be undef.

=item port_open($port, $client, $ticket, $arguments_json)

Begins to open an event connection, and gives its stream.

=item port_ping($port, $stream, $ticket)

Pings the server of a stream.

=item port_abandon($port, $ticket)

Gives a call up.

=back

=head2 Streams

=over

=item stream_rewind($stream, $sequence)

Has the events after this one matched again.

=item stream_remind($stream)

Has the port tell once more that there is something new.

=item stream_close($stream)

Closes the connection.

=back

=head2 Cursors

A cursor stands in the batch of events that a connection is at.

=over

=item cursor_new()

A cursor without a batch.

=item cursor_fill($cursor, $stream)

Takes the next batch, without waiting: C<(0)> nothing for now, C<(1)> there is one, C<(2)> the end, C<(3, $error_json)>.

=item cursor_left($cursor)

How many events of the batch are left.

=item cursor_is_stale($cursor, $client)

Whether handlers have come or gone since events of this batch were handled.

=item cursor_drop($cursor)

Lets go of the batch. Gives the sequence of the last event whose handlers were called, for C<stream_rewind>.

=item cursor_handle($cursor, $client, $ari, $most, $heed_signals)

Calls the handlers of C<$ari> for the next events: of so many at most, until handlers come or go, in a child made by C<fork>, or, if
that is asked for, until a signal waits. Signal handlers wait, but not in the handlers. Gives how many events it were, the last one if it
were as many as wanted, and what C<_report> has died with, if it has.

=back

=head2 The simulator

=over

=item simulator_start($options_json)

Starts a simulated Asterisk, which ends with its handle.

=item simulator_facts($simulator)

Where it is, as JSON.

=back

=cut
