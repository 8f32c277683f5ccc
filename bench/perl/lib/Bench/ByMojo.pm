package Bench::ByMojo;

# Mojo::UserAgent, whose event loop runs on EV.
use strict;
use warnings;

use EV;
use Bench ();
use Bench::ByHand;
use Cpanel::JSON::XS ();
use Mojo::IOLoop;
use Mojo::UserAgent;

my $json = Cpanel::JSON::XS->new->utf8;

sub open_events {
    my ($agent, $url, $app, $code) = @_;
    my $address = Bench::url_with_user($url, "/ari/events?app=$app") =~ s/^http/ws/r;
    $agent->websocket($address => sub {
        my ($of, $transaction) = @_;
        die "no WebSocket\n" if !$transaction->is_websocket;
        $code->($transaction);
    });
    return;
}

sub events {
    my ($class, $scenario, $url, $app, $counters) = @_;
    my $handle = Bench::ByHand::handler($scenario, $counters);
    my $agent  = Mojo::UserAgent->new(inactivity_timeout => 0);
    open_events($agent, $url, $app, sub {
        my ($transaction) = @_;
        $transaction->on(text => sub { $handle->($_[1]) });
        $transaction->on(finish => sub { Mojo::IOLoop->stop });
    });
    Mojo::IOLoop->start;
    return;
}

sub connected {
    my ($class, $url, $app) = @_;
    my $agent = Mojo::UserAgent->new(inactivity_timeout => 0);
    my $connection;
    open_events($agent, $url, $app, sub { ($connection) = @_; Mojo::IOLoop->stop });
    Mojo::IOLoop->start;
    return [$agent, $connection];
}

sub decoded {
    my ($transaction) = @_;
    my $response = $transaction->result;
    die $response->code . "\n" if $response->code != 200;
    return $json->decode($response->body);
}

sub one_by_one {
    my ($class, $url, $what) = @_;
    my $agent   = Mojo::UserAgent->new;
    my $address = Mojo::URL->new(Bench::url_with_user($url, Bench::path($what)));
    return sub { decoded($agent->get($address)) };
}

sub at_once {
    my ($class, $url, $what) = @_;
    # 50 connections are kept.
    my $agent   = Mojo::UserAgent->new(max_connections => 50);
    my $address = Mojo::URL->new(Bench::url_with_user($url, Bench::path($what)));
    return (
        sub {
            my ($done) = @_;
            $agent->get($address => sub { decoded($_[1]); $done->() });
        },
        sub {
            my ($finished) = @_;
            Mojo::IOLoop->one_tick until $$finished;
        },
    );
}

1;
