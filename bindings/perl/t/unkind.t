# Handlers that dispatch, signals that die anywhere, clients that are closed in the middle: nothing hangs, and no event is
# lost.
use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use Helper;
use IO::Select;
use IO::Socket::INET;
use Test::More;
use Time::HiRes qw(ITIMER_PROF ITIMER_REAL setitimer ualarm);

my $fake = Fake->start;
$fake->frames([], undef);

# The event connection that was opened last.
sub newest {
    return $fake->on(connections());
}

sub connections { return scalar grep { $_->{path} eq '/ari/events' } $fake->asked }

# Dispatches whenever there is something, until it holds; gives up when nothing comes any more.
sub dispatch_until {
    my ($ari, $holds) = @_;
    my $select = IO::Select->new($ari->fd);
    while (!$holds->()) {
        $select->can_read(20) or return;
        $ari->dispatch;
    }
    return;
}

for my $what (qw(dispatch start call)) {
    subtest "a handler under a flood: $what" => sub {
        my $ari = $fake->connect;
        $fake->answer(GET => '/channels', 200, []);
        my ($seen, $disorder) = (0, 0);
        $ari->on_event(
            Flood => sub {
                my ($event) = @_;
                $disorder++ if $event->{n} != $seen++;
                $ari->dispatch     if $what eq 'dispatch';
                $ari->get_channels if $what eq 'call' && $seen % 500 == 0;
                return if $what ne 'start' || $seen % 1500;
                $ari->start(apps => ["other$seen"]);
            }
        );
        my $stream = $ari->start(apps => ['hello']);
        newest()->flood(10_000, event('Flood', n => 0));
        dispatch_until($ari, sub { $seen == 10_000 });
        is $seen, 10_000, 'has every event';
        is $disorder, 0, 'in order';
        $ari->close;
    };
}

subtest 'first next, then dispatch' => sub {
    my $ari  = $fake->connect;
    my $seen = 0;
    $ari->on_event(Tick => sub { $seen++ });
    my $stream = $ari->start(apps => ['hello']);
    my $socket = newest();
    for my $round (1 .. 3) {
        $socket->send((event('Tick')) x 50);
        if ($round == 1) {
            my $event;
            do { $event = $stream->next } until $event->type eq 'Tick';
        }
        dispatch_until($ari, sub { $seen == 50 * $round });
        is $seen, 50 * $round, "round $round";
    }
};

subtest 'two streams in turns' => sub {
    my $ari = $fake->connect;
    my %seen;
    my @streams = map { $ari->start(apps => [$_]) } qw(a b);
    my @numbers = (connections() - 1, connections());
    for my $round (1 .. 3) {
        $fake->on($numbers[$_])->send((event('Tick', of => $_)) x 300) for 0, 1;
        for my $which (0, 1, 0, 1) {
            for (1 .. 100) {
                my $event = $streams[$which]->next(20) or last;
                redo if $event->type ne 'Tick';
                $seen{$which}++ if $event->{of} == $which;
            }
        }
    }
    for my $which (0, 1) {
        while (($seen{$which} // 0) < 900) {
            my $event = $streams[$which]->next(20) or last;
            $seen{$which}++ if $event->type eq 'Tick' && $event->{of} == $which;
        }
    }
    is_deeply \%seen, { 0 => 900, 1 => 900 }, 'each has its own events, all of them';
    $ari->close;
};

subtest 'closed while it opens' => sub {
    $fake->answer(GET => '/channels', 200, []);
    my $ari = $fake->connect;
    $ari->get_channels(sub { $ari->close });
    IO::Select->new($ari->fd)->can_read;
    isa_ok error_of { $ari->start(apps => ['hello']) }, 'Asterisk::ARI::Exception::ConnectionException', 'by a callback';

    my $deaf = IO::Socket::INET->new(LocalAddr => '127.0.0.1', Listen => 5) or die "listen: $@";
    for my $how (qw(close stop)) {
        my $client = Asterisk::ARI->new(url => 'http://127.0.0.1:' . $deaf->sockport, username => 'a', password => 'b', connect_timeout => 60);
        local $SIG{ALRM} = sub { $client->$how };
        ualarm 300_000;
        error_of { $client->start(apps => ['hello']) };
        pass "by a signal handler: $how";
    }
};

# What the code dies with while signals come that die: once at most, and in the code, because putting handlers of signals in
# their place again and again, as `local $SIG{ALRM}` does, is what perl itself does not survive. Not in the handler of
# events either, where nothing could say any more which event it was.
my $armed = 0;

sub die_once {
    return if !$armed;
    for (my $level = 1; my $sub = (caller $level)[3]; $level++) {
        return if $sub eq 'main::flooded' || $sub eq 'main::reported';
    }
    $armed = 0;
    die "time is up\n";
}

sub disturbed(&) {    ## no critic (ProhibitSubroutinePrototypes)
    my ($code) = @_;
    return error_of { $armed = 1; $code->(); $armed = 0 };
}

my %flooded;

sub flooded {
    my ($event) = @_;
    $flooded{ $event->{n} }++;
    return;
}

# One that comes when the handler is about to begin, or has just ended, is the handler's.
sub reported {
    my ($error, $event) = @_;
    $flooded{ $event->{n} } ||= 1;
    $armed = 1;
    return;
}

for my $how (qw(dispatch next run)) {
    subtest "signals that die under a flood: $how" => sub {
        my $ari = $fake->connect;
        my @others;
        %flooded = ();
        $ari->on_event(Flood => \&flooded);
        $ari->exception_handler(\&reported);
        my $stream = $ari->start(apps => ['hello']);
        newest()->flood(20_000, event('Flood', n => 0));
        my $select = IO::Select->new($ari->fd);
        my $idle   = 0;
        {
            local $SIG{ALRM} = \&die_once;
            setitimer(ITIMER_REAL, 0.003, 0.003);
            until (keys %flooded == 20_000 || $idle > 3) {
                if ($how eq 'dispatch') {
                    $idle = $select->can_read(20) || $!{EINTR} ? 0 : $idle + 1;
                }
                my $error = disturbed {
                    if    ($how eq 'dispatch') { $ari->dispatch }
                    elsif ($how eq 'next')     { $idle = $stream->next(20) ? 0 : $idle + 1 }
                    else                       { $stream->run; $idle++ }
                };
                push @others, $error if defined $error && $error ne "time is up\n";
            }
            setitimer(ITIMER_REAL, 0);
        }
        is keys(%flooded), 20_000, 'every event was handled';
        is scalar(grep { $_ != 1 } values %flooded), 0, 'once';
        is_deeply \@others, [], 'and what the signal handler dies with comes out as it is';
        $ari->close;
    };
}

subtest 'signals that die in calls' => sub {
    my $ari = $fake->connect;
    $fake->answer(GET => '/channels/c1', 200, channel('c1'));
    my ($done, $died, @others) = (0, 0);
    local $SIG{ALRM} = \&die_once;
    setitimer(ITIMER_REAL, 0.002, 0.002);
    while ($done + $died < 2000) {
        my $error = disturbed { $ari->channels->get('c1')->name };
        if (!defined $error) { $done++; next }
        $died++;
        push @others, $error if $error ne "time is up\n";
    }
    setitimer(ITIMER_REAL, 0);
    is_deeply \@others, [], 'what the signal handler dies with comes out as it is';
    is $ari->channels->get('c1')->id, 'c1', 'and the client goes on';
};

subtest 'a signal that dies while a class is loaded' => sub {
    $fake->frames([ (event('ChannelVarset', variable => 'a', value => 'b')) x 5 ], undef);
    my ($said, $status) = program($fake, <<'PROGRAM');
unshift @INC, sub {
    my (undef, $file) = @_;
    return if $file !~ /ChannelVarset/ || our $times++;
    my $source = 'package Asterisk::ARI::Event::ChannelVarset; use parent "Asterisk::ARI::Event"; __PACKAGE__->_class("ChannelVarset");'
        . 'BEGIN { kill ALRM => $$; 1 for 1 .. 1e5 } 1;';
    return \$source;
};
$SIG{ALRM} = sub { die "time is up\n" };
my ($seen, $died) = (0, 0);
my $count = sub { $ari->stop if ++$seen >= 5 };
$ari->on_event(ChannelVarset => $count);
$ari->exception_handler($count);
for (1 .. 5) {
    eval { $ari->run(apps => ['hello']); 1 } and last;
    $died++ if $@ eq "time is up\n";
}
print $seen >= 5 ? 'all' : $seen;
PROGRAM
    is $said, 'all', 'leaves the class as it should be';
    is $status, 0, 'and the program';
    $fake->frames([], undef);
};

subtest 'next and last in handlers' => sub {
    my $ari = $fake->connect;
    my (@told, $seen);
    $ari->exception_handler(sub { push @told, $_[0] });
    no warnings 'exiting';
    $ari->on_event(Tick => sub { next });
    $ari->on_event(Tick => sub { last });
    $ari->on_event(Tick => sub { $ari->stop if ++$seen == 3 });
    $fake->frames([ (event('Tick')) x 3 ], undef);
    $ari->run(apps => ['hello']);
    is $seen, 3, 'do not get at the loops of the library';
    is scalar(grep {/outside a loop block/} @told), 6, 'and are told of';
    $fake->frames([], undef);
};

subtest 'a handler that dispatches while next gives its event' => sub {
    my $ari  = $fake->connect;
    my $seen = 0;
    $ari->on_event(Tick => sub { $ari->dispatch if ++$seen == 1 });
    my $stream = $ari->start(apps => ['hello']);
    my $socket = newest();
    $socket->send((event('Tick')) x 6);
    my $event;
    do { $event = $stream->next(20) } until !$event || $event->type eq 'Tick';
    dispatch_until($ari, sub { $seen == 6 });
    is $seen, 6, 'takes nothing away from the event loop';
    $socket->send(event('Tick'));
    dispatch_until($ari, sub { $seen == 7 });
    is $seen, 7, 'nor of what comes later';
};

subtest 'handlers of objects of any event' => sub {
    my $ari = $fake->connect;
    my @seen;
    $ari->on_channel_event('*' => sub { push @seen, '*' . $_[0]->id });
    $ari->on_channel_event(Novelty => sub { push @seen, $_[0]->id; $ari->stop });
    $fake->frames([ event('Tick'), event('Novelty', channel => channel('c7')) ], undef);
    $ari->run(apps => ['hello']);
    is_deeply \@seen, ['*c7', 'c7'], 'get the object, also of an event that the library does not know';
    $fake->frames([], undef);
};

subtest 'how a connection ended' => sub {
    my $ari = $fake->connect(reconnect => 'never');
    my @told;
    my $stream = $ari->start(apps => ['hello']);
    newest()->drop;
    my $error = error_of { $stream->run };
    isa_ok $error, 'Asterisk::ARI::Exception::ConnectionException', 'what run dies with';
    $stream->on_end(sub { @told = @_ });
    is $told[0], $error, 'on_end is told, too';
    isa_ok error_of { $stream->on_end('later') }, 'Asterisk::ARI::Exception::IllegalInputException', 'no code';
};

subtest 'profiling' => sub {
    my $ari = $fake->connect;
    my ($profiled, $seen) = (0, 0);
    local $SIG{PROF} = sub { $profiled++ };
    $ari->on_event(Flood => sub { $seen++ });
    my $stream = $ari->start(apps => ['hello']);
    setitimer(ITIMER_PROF, 0.001, 0.001);
    newest()->flood(20_000, event('Flood', n => 0));
    while ($seen < 20_000) { $stream->next(20) or last }
    setitimer(ITIMER_PROF, 0);
    is $seen, 20_000, 'SIGPROF disturbs nothing';
    cmp_ok $profiled, '>', 0, 'and comes';
};

done_testing;
