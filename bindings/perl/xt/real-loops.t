# A call in each of the event loops, on a real Asterisk: promises for the calls, handlers for the events.
use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib", "$FindBin::Bin/../t/lib";
use AnyEvent;
use Future;
use Helper;
use IO::Async::Loop;
use Mojo::IOLoop;
use Mojo::Promise;
use Real qw(unique);
use Test::More;

patience(180);
my $asterisk = Real->any;

# Originates, answers, listens to the digits and hangs up; calls back at the end. `then` is how promises are continued.
sub call {
    my ($ari, $then, $end) = @_;
    my ($app, $id, $digits) = (unique('app'), unique('channel'), '');
    my $channel = $ari->object(Channel => $id);
    $channel->on_event(StasisStart => sub { my ($its) = @_; $then->($its->answer_p, sub { $then->($its->get_p, sub { is $_[0]->state, 'Up', 'answered' }) }) });
    $channel->on_event(
        ChannelDtmfReceived => sub {
            my ($its, $event) = @_;
            $digits .= $event->digit;
            $then->($its->hangup_p, sub { pass 'hung up' }) if $event->digit eq '#';
        }
    );
    $channel->on_event(ChannelDestroyed => sub { is $digits, '1234#', 'DTMF'; $ari->stop });
    my $stream = $ari->start(apps => [$app]);
    $stream->on_end(sub { is $_[0], undef, 'the end'; $end->() });
    $then->($ari->channels->originate_p(endpoint => 'Local/205@default', app => $app, channelId => $id), sub { is $_[0]->id, $id, 'originated' });
    return;
}

subtest 'Mojo' => sub {
    my $ari = $asterisk->connect;
    $ari->attach('Mojo');
    call($ari, sub { my ($promise, $code) = @_; $promise->then($code)->catch(sub { fail "@_" }) }, sub { Mojo::IOLoop->stop });
    Mojo::IOLoop->start;
    $ari->close;
};

subtest 'IOAsync' => sub {
    my $loop = IO::Async::Loop->new;
    my $ari  = $asterisk->connect;
    $ari->attach(IOAsync => $loop);
    call($ari, sub { my ($future, $code) = @_; $future->on_done($code)->on_fail(sub { fail "@_" })->retain }, sub { $loop->stop });
    $loop->run;
    $ari->close;
};

subtest 'AnyEvent' => sub {
    my $ari = $asterisk->connect;
    my $end = AnyEvent->condvar;
    $ari->attach('AnyEvent');
    call($ari, sub { my ($condvar, $code) = @_; $condvar->cb(sub { $code->($condvar->recv) }) }, sub { $end->send });
    $end->recv;
    $ari->close;
};

done_testing;
