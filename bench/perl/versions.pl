# Says which versions are measured, as JSON.
use strict;
use warnings;

use ExtUtils::MakeMaker ();
use JSON::PP ();

my %versions = (perl => sprintf '%vd', $^V);
for my $module (
    qw(AnyEvent AnyEvent::HTTP AnyEvent::WebSocket::Client Asterisk::ARI Cpanel::JSON::XS EV HTTP::Tiny LWP::UserAgent Mojolicious)
) {
    my $file = $module =~ s{::}{/}gr . '.pm';
    my ($found) = grep { -f } map { "$_/$file" } @INC;
    $versions{$module} = MM->parse_version($found) if defined $found;
}
print JSON::PP->new->canonical->pretty->encode(\%versions);
