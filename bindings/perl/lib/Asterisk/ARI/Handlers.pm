package Asterisk::ARI::Handlers;

use strict;
use warnings;

use Scalar::Util qw(refaddr);

use Asterisk::ARI::Handler ();
use Asterisk::ARI::Native ();

# Slots of an entry; those in between (class, id, whether it is for all types) are for events.c.
my ($CODE, $SCOPE) = (0, 4);

# Who wants which events, by the number of the subscription in the core. It knows the client's handle and not the client,
# which keeps it.
sub new {
    my ($class, $native) = @_;
    return bless { native => $native, pid => $$, by_number => {}, scopes => {} }, $class;
}

sub _scope { return join "\0", map { defined $_ ? $_ : '' } @_ }

# Subscribes, and remembers whom to call: the code for events of a type, of an object (class and id), or with their object of
# a class (class alone).
sub add {
    my ($self, $type, $code, $class, $id) = @_;
    my $native = $self->{native};
    Asterisk::ARI::Native::client_check($native);
    my $wanted = $type eq '*' ? undef : $type;
    my $number = Asterisk::ARI::Native::client_subscribe($native, $wanted, defined $id ? ($class, $id) : (undef, undef));
    return $self->_remember($number, $code, $type, $class, $id);
}

# The same for code that tells of events of a type in passing.
sub add_notice {
    my ($self, $type, $code) = @_;
    return $self->_remember(Asterisk::ARI::Native::client_subscribe_notice($self->{native}, $type), $code, $type, undef, undef);
}

sub _remember {
    my ($self, $number, $code, $type, $class, $id) = @_;
    my $scope = _scope($type, $class, $id);
    $self->{by_number}{$number} = [$code, $class, $id, $type eq '*', $scope];
    $self->{scopes}{$scope}{$number} = 1;
    return Asterisk::ARI::Handler->_new($self, $number);
}

# Takes one back. In a child made by fork there is nothing to take back, and the parent's is not to be touched.
sub remove {
    my ($self, $number) = @_;
    return 0 if $self->{pid} != $$;
    my $entry = delete $self->{by_number}{$number} or return 0;
    my $rest = $self->{scopes}{ $entry->[$SCOPE] };
    delete $rest->{$number};
    delete $self->{scopes}{ $entry->[$SCOPE] } unless %$rest;
    Asterisk::ARI::Native::client_unsubscribe($self->{native}, $number);
    return 1;
}

# Takes back all of a scope that call this code.
sub remove_code {
    my ($self, $code, @scope) = @_;
    Asterisk::ARI::Native::client_check($self->{native});
    my $numbers = $self->{scopes}{ _scope(@scope) } || {};
    my @found = grep { refaddr($self->{by_number}{$_}[$CODE]) == refaddr($code) } keys %$numbers;
    $self->remove($_) for @found;
    return @found > 0 ? 1 : 0;
}

sub remove_all {
    my ($self) = @_;
    $self->remove($_) for keys %{ $self->{by_number} };
    return;
}

# How many there are for a type of events of anything.
sub count {
    my ($self, $type) = @_;
    return scalar keys %{ $self->{scopes}{ _scope($type, undef, undef) } || {} };
}

1;

__END__

=encoding UTF-8

=head1 NAME

Asterisk::ARI::Handlers - the handlers of a client

=head1 DESCRIPTION

For L<Asterisk::ARI>'s own use: which code is called for which subscription of the core.

=cut
