package Bench::ByLWP;

# LWP::UserAgent, told to keep its connection.
use strict;
use warnings;

use Bench ();
use Cpanel::JSON::XS ();
use LWP::UserAgent;

my $json = Cpanel::JSON::XS->new->utf8;

sub one_by_one {
    my ($class, $url, $what) = @_;
    my $agent = LWP::UserAgent->new(keep_alive => 1);
    $agent->default_header(Authorization => Bench::authorization());
    my $address = $url . Bench::path($what);
    return sub {
        my $response = $agent->get($address);
        die $response->code . "\n" if !$response->is_success;
        return $json->decode($response->content);
    };
}

1;
