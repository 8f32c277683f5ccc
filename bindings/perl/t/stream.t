# Events without run: streams, in a loop of the program's own.
use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use Helper;
use IO::Select;
use Test::More;
use Time::HiRes qw(sleep);

patience(120);
my $fake = Fake->start;
my $ari  = $fake->connect;

sub tick { return map { event('Tick', n => $_) } @_ }

subtest 'event by event' => sub {
    $fake->frames([ tick(1 .. 5) ], 1000);
    my @handled;
    my $handler = $ari->on_event(Tick => sub { push @handled, $_[0]{n} });
    my $stream = $ari->start(apps => ['hello']);
    isa_ok $stream, 'Asterisk::ARI::Stream';
    my @seen;
    while (my $event = $stream->next) {
        next if $event->type ne 'Tick';
        push @seen, $event->{n};
        is $handled[-1], $event->{n}, 'handlers come first';
    }
    is_deeply \@seen, [ 1 .. 5 ], 'all of them, to the end';
    is $stream->next, undef, 'which stays the end';
    is_deeply \@handled, [ 1 .. 5 ], 'once each';
    $handler->remove;
};

subtest 'waiting no longer than wanted' => sub {
    $fake->frames([], undef);
    my $stream = $ari->start(apps => ['hello']);
    1 while $stream->next(0.05);
    is $stream->next(0), undef, 'nothing there';
    $fake->{on} = (grep { $_->{path} eq '/ari/events' } $fake->asked) - 1;
    $fake->send(tick(7));
    is $stream->next(30)->{n}, 7, 'something there';
    $stream->ping;
    pass 'ping is answered';
    $stream->close;
    $stream->close;
    is $stream->next, undef, 'closed, twice';
    my $end = 0;
    while (!$fake->socket->{gone} && $end++ < 500) { sleep 0.02 }
    ok $fake->socket->{closed_with}, 'with a goodbye';
};

subtest 'fd and dispatch' => sub {
    $fake->frames([ tick(1 .. 3) ], 1000);
    my @seen;
    my $handler = $ari->on_event('*' => sub { push @seen, $_[0]->type . ($_[0]{n} // '') });
    my $stream = $ari->start(apps => ['hello']);
    my $select = IO::Select->new($ari->fd);
    until (@seen && $seen[-1] eq 'ConnectionClosed') {
        $select->can_read;
        $ari->dispatch;
    }
    is_deeply [ grep { /Tick/ } @seen ], [qw(Tick1 Tick2 Tick3)], 'readable when there is something, dispatch does it';
    $handler->remove;
    ok !$select->can_read(0.05) || do { $ari->dispatch; !$select->can_read(0.05) }, 'and not readable after that';
};

subtest 'a stream that cannot be opened' => sub {
    my $gone = Fake->start;
    my $left = $gone->connect;
    undef $gone;
    isa_ok error_of { $left->start(apps => ['hello']) }, 'Asterisk::ARI::Exception::ConnectionException', 'start';
};

subtest 'two streams at once' => sub {
    $fake->frames([ tick(1) ], 1000);
    my @streams = map { $ari->start(apps => [$_]) } qw(a b);
    my @counts = map { my $stream = $_; my $count = 0; while (my $event = $stream->next) { $count++ if $event->type eq 'Tick' } $count } @streams;
    is_deeply \@counts, [ 1, 1 ], 'each has its own events';
};

subtest 'events of the operation' => sub {
    $fake->frames([ tick(1) ], 1000);
    my $stream = $ari->events->event_websocket(app => ['hello']);
    isa_ok $stream, 'Asterisk::ARI::Stream';
    my @types;
    while (my $event = $stream->next) { push @types, $event->type }
    ok grep({ $_ eq 'Tick' } @types), 'are the same';
};

done_testing;
