package Asterisk::ARI::JSON;

use strict;
use warnings;

use B ();
use Exporter 'import';
use Scalar::Util qw(blessed reftype);

our @EXPORT_OK = qw(encode decode plain);

# Cpanel::JSON::XS is several times faster; JSON::PP is always there. Both make the same booleans.
our $BACKEND = ($ENV{ARI_JSON} || '') ne 'PP' && _has_cpanel() ? 'Cpanel::JSON::XS' : 'JSON::PP';
require JSON::PP if $BACKEND eq 'JSON::PP';

my $json = $BACKEND->new->utf8->allow_nonref->max_depth(1000);
# What the server sends twice counts once, as for the core.
$json->allow_dupkeys if $json->can('allow_dupkeys');

# For fields.c.
our $DECODER = $json;

my $TRUE  = $BACKEND->can('true')->();
my $FALSE = $BACKEND->can('false')->();

# Deeper than any JSON Asterisk reads; a list that contains itself ends here.
my $DEPTH = 100;

# Perl 5.36 and newer know booleans of their own.
my $is_bool = defined &builtin::is_bool ? \&builtin::is_bool : sub { 0 };

sub _has_cpanel {
    local ($@, $SIG{__DIE__});
    return eval { require Cpanel::JSON::XS; 1 };
}

sub encode { return $json->encode($_[0]) }

sub decode { return $json->decode($_[0]) }

# The same for what may be no JSON: undef and a reason then.
sub try_decode {
    my ($octets, $reason) = @_;
    my $value = Asterisk::ARI::Native::try_decode($octets, $reason);
    $$reason =~ s/ at \S+ line \d+\.?\n\z// if !defined $value && defined $$reason;
    return $value;
}

# A value as JSON has it, or a reference to the reason why it has none.
sub plain {
    my ($value, $reason) = @_;
    # Most are, and nothing in them could be refused.
    return "$value" if Asterisk::ARI::Native::is_plain_text($value);
    local $@;
    my $plain;
    local $SIG{__DIE__};
    return $plain if eval { $plain = _plain($value, $DEPTH); 1 };
    my $error = $@;
    die $error unless ref $error eq 'Asterisk::ARI::JSON::Reason';
    $$reason = $$error;
    return;
}

sub _refuse {
    my ($reason) = @_;
    die bless \$reason, 'Asterisk::ARI::JSON::Reason';
}

sub _plain {
    my ($value, $depth) = @_;
    return undef unless defined $value;
    return _scalar($value) unless ref $value;
    _refuse('is nested too deeply, or contains itself') if $depth == 0;
    return _object($value, $depth) if blessed $value;
    my $type = reftype $value;
    return [map { _plain($_, $depth - 1) } @$value] if $type eq 'ARRAY';
    return { map { _text($_) => _plain($value->{$_}, $depth - 1) } keys %$value } if $type eq 'HASH';
    if ($type eq 'SCALAR' && defined $$value && !ref $$value && $$value =~ /\A[01]\z/) {
        return $$value ? $TRUE : $FALSE;
    }
    _refuse("cannot be a reference to $type; it takes texts, numbers, booleans, undef, arrays and hashes");
}

sub _object {
    my ($value, $depth) = @_;
    return $value ? $TRUE : $FALSE if $value->isa('JSON::PP::Boolean') || $value->isa('boolean');
    return _text($value->id) if $value->isa('Asterisk::ARI::Object');
    return _plain($value->TO_JSON, $depth - 1) if $value->can('TO_JSON');
    require overload;
    return _text("$value") if overload::Method($value, '""');
    _refuse('cannot be an object of class ' . ref($value) . ', which has no TO_JSON');
}

sub _scalar {
    my ($value) = @_;
    {
        no warnings;    # is_bool is experimental in the first perls that have it
        return $value ? $TRUE : $FALSE if $is_bool->($value);
    }
    my $flags = B::svref_2object(\$value)->FLAGS;
    return _text($value) if $flags & B::SVp_POK || !($flags & (B::SVp_IOK | B::SVp_NOK));
    _refuse('is not a finite number') if $value != $value || abs $value == 9**9**9;
    return $value;
}

sub _text {
    my ($text) = @_;
    _refuse('holds a character that Unicode does not have') if $text =~ /[^\x{0}-\x{D7FF}\x{E000}-\x{10FFFF}]/;
    return "$text";
}

1;

__END__

=encoding UTF-8

=head1 NAME

Asterisk::ARI::JSON - how values become JSON and back

=head1 DESCRIPTION

For L<Asterisk::ARI>'s own use. C<Cpanel::JSON::XS> is used when it is installed, otherwise C<JSON::PP>, which comes with
Perl; with C<ARI_JSON=PP> in the environment always C<JSON::PP>.

JSON's C<true> and C<false> are C<JSON::PP::Boolean> objects: true and false in conditions, 1 and 0 in arithmetic. Integers of up
to 64 bits are exact, provided that this perl has integers of 64 bits. Texts are texts of characters.

What goes to the server:

=over

=item texts and numbers

as what they are in Perl. Where a parameter needs a number, a text of digits will do.

=item booleans

C<\1> and C<\0>, the objects that JSON modules make, and the results of comparisons in Perl 5.36 and newer.

=item array and hash references

also nested.

=item objects

L<domain objects|Asterisk::ARI::Object> stand for their id; others go as what their C<TO_JSON> gives, or as their text if they have
one.

=item C<undef>

means "not given" for a parameter, and C<null> inside of arrays and hashes.

=back

Anything else is an L<IllegalInputException|Asterisk::ARI::Exception>.

=head1 FUNCTIONS

=over

=item encode($value)

The octets of its JSON.

=item decode($octets)

The value.

=item try_decode($octets, \$reason)

The value; undef and a reason if it is no JSON.

=item plain($value, \$reason)

A copy in which everything is as the JSON modules take it; undef and a reason if there is none.

=back

=cut
