package Bench::ByHTTPTiny;

# HTTP::Tiny, which comes with Perl and keeps its connection.
use strict;
use warnings;

use Bench ();
use Cpanel::JSON::XS ();
use HTTP::Tiny;

my $json = Cpanel::JSON::XS->new->utf8;

sub one_by_one {
    my ($class, $url, $what) = @_;
    my $agent   = HTTP::Tiny->new(default_headers => { Authorization => Bench::authorization() });
    my $address = $url . Bench::path($what);
    return sub {
        my $response = $agent->get($address);
        die "$response->{status}\n" if !$response->{success};
        return $json->decode($response->{content});
    };
}

1;
