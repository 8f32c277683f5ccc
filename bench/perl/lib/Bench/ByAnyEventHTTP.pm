package Bench::ByAnyEventHTTP;

# AnyEvent::HTTP on EV.
use strict;
use warnings;

use EV;
use AnyEvent;
use AnyEvent::HTTP;
use Bench ();
use Cpanel::JSON::XS ();

my $json = Cpanel::JSON::XS->new->utf8;

sub at_once {
    my ($class, $url, $what) = @_;
    my $address = $url . Bench::path($what);
    my %headers = (Authorization => Bench::authorization());
    # 50 connections are kept.
    $AnyEvent::HTTP::MAX_PER_HOST = 50;
    return (
        sub {
            my ($done) = @_;
            http_request(GET => $address, headers => \%headers, persistent => 1, keepalive => 1, sub {
                my ($body, $response) = @_;
                die "$response->{Status} $response->{Reason}\n" if $response->{Status} != 200;
                $json->decode($body);
                $done->();
            });
        },
        sub {
            my ($finished) = @_;
            EV::run(EV::RUN_ONCE) until $$finished;
        },
    );
}

sub one_by_one {
    my ($class, @for) = @_;
    my ($begin, $wait) = $class->at_once(@for);
    return sub {
        my $finished = 0;
        $begin->(sub { $finished = 1 });
        $wait->(\$finished);
    };
}

1;
