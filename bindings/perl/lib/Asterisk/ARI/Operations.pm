package Asterisk::ARI::Operations;

use strict;
use warnings;

use Asterisk::ARI::Data ();
use Asterisk::ARI::Exception ();
use Asterisk::ARI::JSON ();

# Makes the methods of an operation: NAME blocks or takes a callback, NAME_p gives a promise.
sub _operation {
    my ($class, $name, $spec) = @_;
    my %known = (
        %$spec,
        path     => $spec->{path} || [],
        package  => Asterisk::ARI::Data::_package($spec->{returns} || {}),
        list     => $spec->{returns} && $spec->{returns}{list},
    );
    my $call = sub {
        my $self = shift;
        my $callback = _callback(\@_);
        my $arguments = $self->_arguments(\%known, \@_);
        return $self->client->_call(\%known, $arguments, $callback);
    };
    my $promise = sub {
        my ($self, @arguments) = @_;
        return $self->client->_promise(sub { $self->$call(@arguments, $_[0]) });
    };
    no strict 'refs';
    for my $method (grep { defined } $name, $spec->{alias}) {
        *{"${class}::$method"} = $call;
        *{"${class}::${method}_p"} = $promise;
    }
    return;
}

# Takes the code reference from the end of a call that is not to block.
sub _callback {
    my ($given) = @_;
    return @$given && Asterisk::ARI::Data::_is_code($given->[-1]) ? pop @$given : undef;
}

# The arguments as JSON.
sub _arguments {
    my ($self, $spec, $given) = @_;
    my %arguments = _named($spec, $given);
    $self->_fill_in(\%arguments);
    for my $name (@{ $spec->{booleans} || [] }) {
        $arguments{$name} = \0 if defined $arguments{$name} && !ref $arguments{$name} && $arguments{$name} eq '';
    }
    for my $name (keys %arguments) {
        $arguments{$name} = Asterisk::ARI::Exception->_plain("$name of $spec->{id}", $arguments{$name}, $spec->{id});
    }
    return Asterisk::ARI::JSON::encode(\%arguments);
}

sub _fill_in { }

# Pairs of names and values; what stands in the path may come first without its name. As many are taken to be without as
# it needs for all of the path to be there.
sub _named {
    my ($spec, $given) = @_;
    my @path = @{ $spec->{path} };
    for my $count (0 .. @path) {
        last if $count > @$given;
        next if (@$given - $count) % 2;
        my %named = @$given[$count .. $#$given];
        next if grep { !exists $named{$_} } @path[$count .. $#path];
        for my $index (0 .. $count - 1) {
            my $name = $path[$index];
            Asterisk::ARI::Exception->_refuse("$name of $spec->{id} is given twice", $spec->{id})
                if exists $named{$name};
            $named{$name} = $given->[$index];
        }
        return %named;
    }
    # Something is missing. Which, the core will say.
    return @$given unless @$given % 2;
    my $positional = join(', ', @path) || 'nothing';
    my $message = "$spec->{id} takes $positional by position; the rest is given as pairs of name and value";
    Asterisk::ARI::Exception->_refuse($message, $spec->{id});
}

1;

__END__

=encoding UTF-8

=head1 NAME

Asterisk::ARI::Operations - how generated methods become calls

=head1 DESCRIPTION

A generated class says what its operations are (C<< __PACKAGE__->_operation(...) >>), and gets their methods from here: one that
blocks or takes a callback, and one with C<_p> at the end of its name that gives a promise. L<Asterisk::ARI/CALLS> says how
they are called.

=cut
