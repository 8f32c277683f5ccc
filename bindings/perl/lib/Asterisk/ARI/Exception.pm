package Asterisk::ARI::Exception;

use strict;
use warnings;

use Scalar::Util ();

use Asterisk::ARI::JSON ();

use overload
    '""'     => sub { $_[0]->as_string },
    bool     => sub { 1 },
    fallback => 1;

for my $field (qw(message status body operation delivery method path advice code file line)) {
    no strict 'refs';
    *$field = sub { $_[0]{$field} };
}

sub new {
    my $class = shift;
    my %fields = @_ == 1 ? (message => $_[0]) : @_;
    my ($file, $line) = _place();
    return bless { message => '', delivery => 'not sent', file => $file, line => $line, %fields }, $class;
}

sub throw {
    my $class = shift;
    die $class->new(@_);
}

sub rethrow { die $_[0] }

sub caught {
    my ($class, $wanted) = @_;
    my $error = $@;
    return Scalar::Util::blessed($error) && $error->isa($wanted || $class) ? $error : undef;
}

sub as_string {
    my ($self) = @_;
    my $text = defined $self->{text} ? $self->{text} : $self->{message};
    return "$text at $self->{file} line $self->{line}.\n";
}

# Where the program called the library.
sub _place {
    my @place = ('-', 0);
    for (my $level = 0; my ($package, $file, $line) = caller $level; $level++) {
        @place = ($file, $line);
        last if $package !~ /\AAsterisk::ARI(?:::|\z)/;
    }
    return @place;
}

# The exception for an error of the core, which comes as JSON; of the call's place when that is over already.
sub _of_json {
    my ($class, $octets, $file, $line) = @_;
    my $fields = Asterisk::ARI::JSON::decode($octets);
    my $name = delete $fields->{class};
    delete $fields->{argument};
    my $error = _class($name)->new(%$fields);
    @$error{qw(file line)} = ($file, $line) if defined $file;
    return $error;
}

# What Asterisk::ARI::Native calls.
sub _throw_json { die __PACKAGE__->_of_json($_[-1]) }

# For what this side finds out, nothing having been sent.
sub _refuse {
    my ($class, $message, $operation) = @_;
    my $text = $message . (defined $operation ? " [$operation, not sent]" : ' [not sent]');
    die _class('IllegalInputException')->new(message => $message, text => $text, operation => $operation);
}

# The JSON of a value of the program's, which is refused if it has none; what it is begins the message.
sub _encoded {
    my ($class, $what, $value, $operation) = @_;
    return Asterisk::ARI::JSON::encode($class->_plain($what, $value, $operation));
}

# The same, as values that JSON modules take.
sub _plain {
    my ($class, $what, $value, $operation) = @_;
    my $reason;
    my $plain = Asterisk::ARI::JSON::plain($value, \$reason);
    $class->_refuse("$what $reason", $operation) if defined $reason;
    return $plain;
}

sub _class {
    my ($name) = @_;
    return $Asterisk::ARI::Exceptions::FAMILY{$name} || __PACKAGE__;
}

# At the end, because its classes derive from this one.
require Asterisk::ARI::Exceptions;

1;

__END__

=encoding UTF-8

=head1 NAME

Asterisk::ARI::Exception - what went wrong with a call or a connection

=head1 SYNOPSIS

    my $channel = eval { $ari->channels->get($id) };
    if (my $error = Asterisk::ARI::Exception::NotFoundException->caught) {
        print "It is gone: ", $error->message, "\n";
    }
    elsif ($@) {
        die $@;
    }

    use Try::Tiny;
    try   { $channel->answer }
    catch {
        die $_ unless ref && $_->isa('Asterisk::ARI::Exception');
        warn $_;        # 409 Channel not in Stasis application [channels.answer, ...] at app.pl line 12.
        retry() if $_->delivery eq 'not sent';
    };

    use feature 'try';  # Perl 5.34
    try { $channel->hangup } catch ($error) { warn $error }

=head1 DESCRIPTION

Everything that fails in L<Asterisk::ARI> dies with an object of this class, or hands it to the callback or the promise of a
call that does not block. L<Asterisk::ARI::Exceptions> lists the classes below it, one for each kind of failure.

An exception is always true, works with C<eval>, C<Try::Tiny> and C<try>, and prints like what Perl's own C<die> says: with the file
and the line where the program called the library. For a call that does not block, that is where the call was made,
not where its answer was found.

=head2 Why there is no error variable

A call either gives its result or dies. No C<$ARI::errstr> or C<< $ari->error >> tells what failed last, because the "last" of them
is ill defined as soon as calls overlap: handlers of events call while the main program is in the middle of a call of its own,
calls that do not block end in any order, and destructors run where nobody expects them. Each would overwrite what another one
is about to read. An exception belongs to the one call that failed, can be kept, and cannot be overlooked.

=head1 METHODS

=head2 message

Asterisk's own message, or what went wrong on the way. No status and no class is in it.

=head2 status

The HTTP status of the answer, undef without an answer.

=head2 body

The body of the answer as text, undef without an answer.

=head2 delivery

How far the request got: C<not sent> (nothing has reached the server, it is safe to try again), C<rejected> (the server has answered
with an error) or C<outcome unknown> (it was sent, and no answer came: it may or may not have happened).

=head2 operation

The id of the operation, such as C<channels.get>; undef if it was none.

=head2 method, path

Method of the request, and its path below C</ari> without the query.

=head2 advice

A hint at the reason, such as that the operation is newer than the server. Often undef.

=head2 code

The system's name of a network error, such as C<ECONNREFUSED>. Often undef.

=head2 file, line

Where the program called the library.

=head2 as_string

All of it in a line with file and line, which is also what the exception gives as a text. There is never a password in it.

=head2 throw

    Asterisk::ARI::Exception::NotFoundException->throw('no such customer');
    Asterisk::ARI::Exception->throw(message => 'no such customer', code => 'ENOENT');

Dies with a new exception of this class. Takes a message, or pairs of the above. C<new> only makes it.

=head2 rethrow

    $error->rethrow;

Dies with this exception once more; it keeps its file and line.

=head2 caught

    my $error = Asterisk::ARI::Exception::NotFoundException->caught;
    my $error = Asterisk::ARI::Exception->caught('Asterisk::ARI::Exception::NotFoundException');

The exception in C<$@> if it is one of this class (or of the class that is named), otherwise undef. To be asked directly after the
C<eval>.

=head1 SEE ALSO

L<Asterisk::ARI::Exceptions>, L<Asterisk::ARI/ERRORS>

=cut
