package Asterisk::ARI::Data;

use strict;
use warnings;

use Scalar::Util ();

use Asterisk::ARI::Exception ();
use Asterisk::ARI::JSON ();
use Asterisk::ARI::Native ();

# An array, so that the object can stand for the hash of its data: [data, client, text, ...]. The data is undef until somebody
# looks at more than fields.c can see, and the text is gone then.
use overload
    '%{}'    => \&Asterisk::ARI::Native::data,
    fallback => 1;

our %LOADED;

sub _new {
    my ($class, $client, $data) = @_;
    return bless [$data, $client], $class;
}

# What fields.c cannot read, or has to be told what is wrong with it.
sub _load {
    my ($self) = @_;
    my $reason = 'it is no object';
    my $data = Asterisk::ARI::JSON::try_decode($self->[2], \$reason);
    if (ref $data ne 'HASH') {
        my $class = Asterisk::ARI::Exception::_class('ProtocolException');
        $class->throw(message => $self->_origin . " cannot be read: $reason", delivery => 'outcome unknown');
    }
    undef $self->[2];
    return $self->[0] = $data;
}

sub _origin { return "the server's answer" }

sub client { return $_[0][1] }

sub TO_JSON { return Asterisk::ARI::Native::data($_[0]) }

# Code, or an object that can be called as such (AnyEvent's condition variables).
sub _is_code {
    my ($value) = @_;
    return (Scalar::Util::reftype($value) || '') eq 'CODE' || Scalar::Util::blessed($value) && overload::Method($value, '&{}');
}

# Loads the file of a class when it is first needed.
sub _load_class {
    my ($package) = @_;
    return $package if $LOADED{$package};
    (my $file = "$package.pm") =~ s{::}{/}g;
    local ($@, $!);
    # A signal handler that dies would leave half a class behind.
    Asterisk::ARI::Native::held(sub { require $file });
    $LOADED{$package} = 1;
    return $package;
}

# Objects of JSON, or a list of them; what is something else stays as it is.
sub _make {
    my ($package, $client, $value, $list) = @_;
    return ref $value eq 'HASH' ? _load_class($package)->_new($client, $value) : $value if !$list;
    return $value if ref $value ne 'ARRAY';
    my $class = @$value ? _load_class($package) : undef;
    return [map { ref $_ eq 'HASH' ? bless [$_, $client], $class : $_ } @$value];
}

# The class that a declaration names.
sub _package {
    my ($spec) = @_;
    return "Asterisk::ARI::Object::$spec->{object}" if defined $spec->{object};
    return "Asterisk::ARI::Model::$spec->{model}"   if defined $spec->{model};
    return undef;
}

# What the generated classes say of themselves.

sub _class {
    my ($class, $name, %about) = @_;
    my $about = { %about, name => $name };
    my @identity = map { $_->[1] } @{ $about{identity} || [] };
    Asterisk::ARI::Native::new_field("${class}::_identity", $identity[0], undef, 0) if @identity == 1;
    no strict 'refs';
    *{"${class}::_about"} = sub { $about };
    return;
}

sub _field {
    my ($class, $method, $spec) = @_;
    my ($name, $list) = @$spec{qw(name list)};
    my $package = _package($spec);
    Asterisk::ARI::Native::new_field("${class}::$method", $name, $package, $list ? 1 : 0);
    return;
}

1;

__END__

=encoding UTF-8

=head1 NAME

Asterisk::ARI::Data - JSON with methods: what models, objects and events have in common

=head1 SYNOPSIS

    $channel->name;                 # a method for each field ...
    $channel->{name};               # ... and the hash of what the server has sent
    $channel->caller->number;
    $channel->{caller}{number};
    print encode_json({%$channel});

=head1 DESCRIPTION

What the server has sent, as a hash and with a method for each field. A method gives undef where the server has sent nothing;
lists are array references, and what is a class of its own comes as an object of it.

It is a snapshot: changing the hash changes nothing in Asterisk, and it does not change when Asterisk does.

=head1 METHODS

=head2 client

The client it came from.

=head2 TO_JSON

The hash, for JSON modules (with C<convert_blessed>).

=cut
