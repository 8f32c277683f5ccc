package Bench::ByAnyEvent;

# AnyEvent::WebSocket::Client on EV.
use strict;
use warnings;

use EV;
use AnyEvent;
use AnyEvent::WebSocket::Client;
use Bench ();
use Bench::ByHand;

# The connection, which lives as long as somebody keeps it.
sub connected {
    my ($class, $url, $app) = @_;
    my $client = AnyEvent::WebSocket::Client->new(http_headers => { Authorization => Bench::authorization() });
    return $client->connect($url =~ s/^http/ws/r . "/ari/events?app=$app")->recv;
}

sub events {
    my ($class, $scenario, $url, $app, $counters) = @_;
    my $handle     = Bench::ByHand::handler($scenario, $counters);
    my $connection = $class->connected($url, $app);
    my $finished   = AnyEvent->condvar;
    $connection->on(each_message => sub { $handle->($_[1]->body) });
    $connection->on(finish => sub { $finished->send });
    $finished->recv;
    return;
}

1;
