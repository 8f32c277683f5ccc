# %SIG and alarm keep working while a call waits for its answer and while run waits for events.
use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use Helper;
use POSIX ();
use Test::More;
use Time::HiRes qw(sleep ualarm);

my $fake = Fake->start;
my $ari  = $fake->connect;
$fake->answer('*', '*');
$fake->answer(POST => '/channels/held/answer', { status => 204, delay => 60 });
$fake->answer(POST => '/channels/slow/answer', { status => 204, delay => 1 });
$fake->answer(GET => '/channels/c1', 200, channel('c1'));

# Sends this process a signal, again and again, until it is told to stop: the first may come too early.
sub signals {
    my ($name) = @_;
    my $parent = $$;
    my $child = fork // die "fork: $!";
    return $child if $child;
    while (getppid == $parent) {
        sleep 0.2;
        kill $name => $parent;
    }
    POSIX::_exit(0);
}

sub no_more {
    my ($child) = @_;
    kill KILL => $child;
    waitpid $child, 0;
    return;
}

subtest 'a handler that dies ends a call' => sub {
    local $SIG{ALRM} = sub { die "alarm\n" };
    alarm 1;
    is error_of { $ari->channels->answer('held') }, "alarm\n", 'alarm';
    is $ari->channels->get('c1')->id, 'c1', 'and the client goes on';
    ualarm 300_000;
    is error_of { $ari->object(Channel => 'held')->answer }, "alarm\n", 'again';
    is $ari->channels->get('c1')->id, 'c1', 'and again';
};

subtest 'a handler that returns does not' => sub {
    my ($waiting, $during) = (1, 0);
    local $SIG{USR1} = sub { $during++ if $waiting };
    my $child = signals('USR1');
    $ari->channels->answer('slow');
    $waiting = 0;
    no_more($child);
    ok $during, 'it was called while the call waited';
};

subtest 'a handler that calls' => sub {
    my @got;
    local $SIG{ALRM} = sub { push @got, $ari->channels->get('c1')->id };
    ualarm 300_000;
    $ari->channels->answer('slow');
    is_deeply \@got, ['c1'], 'a call within a call';
};

subtest 'run' => sub {
    $fake->frames([ event('Tick', n => 1) ], undef);
    my $ticks = 0;
    $ari->on_event(Tick => sub { $ticks++; ualarm 300_000 });
    {
        local $SIG{ALRM} = sub { die "alarm\n" };
        is error_of { $ari->run(apps => ['hello']) }, "alarm\n", 'a handler that dies';
    }
    {
        local $SIG{ALRM} = sub { $ari->stop };
        is error_of { $ari->run(apps => ['hello']) }, undef, 'a handler that stops';
    }
    {
        my $calls = 0;
        local $SIG{ALRM} = sub { $calls++; $ari->channels->answer('slow'); $ari->stop };
        is error_of { $ari->run(apps => ['hello']) }, undef, 'a handler that calls and stops';
        is $calls, 1, 'once';
    }
    is $ticks, 3, 'run ran each time';
};

subtest 'a stream' => sub {
    $fake->frames([], undef);
    my $stream = $ari->start(apps => ['hello']);
    1 while $stream->next(0.2);
    local $SIG{ALRM} = sub { die "alarm\n" };
    ualarm 300_000;
    is error_of { $stream->next }, "alarm\n", 'next';
    $stream->close;
};

subtest 'connect' => sub {
    $fake->answer(GET => '/asterisk/info', { status => 200, json => '{}', delay => 60 });
    local $SIG{ALRM} = sub { die "alarm\n" };
    ualarm 300_000;
    is error_of { $fake->connect }, "alarm\n", 'connect';
    $fake->answer(GET => '/asterisk/info', 200, { system => { version => '22.10.1' } });
};

subtest 'Ctrl-C' => sub {
    for my $what ('$ari->channels->answer("held")', '$ari->run(apps => ["hello"])', 'my $s = $ari->start(apps => ["hello"]); 1 while $s->next') {
        my ($said, $status) = program($fake, "use Time::HiRes; \$SIG{ALRM} = sub { kill INT => \$\$ }; Time::HiRes::ualarm(300_000); $what");
        is $status & 127, POSIX::SIGINT(), "ends a program in $what";
        is $said, '', 'which says nothing';
        ($said, $status) = program($fake, "use Time::HiRes; \$SIG{ALRM} = sub { kill INT => \$\$ }; \$SIG{INT} = sub { die qq(bye\\n) };"
            . " Time::HiRes::ualarm(300_000); eval { $what; 1 } or print \$\@, \$ari->channels->get('c1')->id");
        is $said, "bye\nc1", 'or is caught';
    }
};

subtest 'exit' => sub {
    for my $what ('$ari->channels->answer("held")', '$ari->request(POST => "/channels/held/answer")', '$ari->run(apps => ["hello"])') {
        my ($said, $status) = program($fake, "use Time::HiRes; \$SIG{ALRM} = sub { exit 7 }; Time::HiRes::ualarm(300_000); END { print 'end' } eval { $what }; print 'not here'");
        is $status >> 8, 7, "in a signal handler ends a program in $what";
        is $said, 'end', 'in order';
    }
};

subtest 'a variable of its own' => sub {
    local $SIG{ALRM} = sub { eval { die "inner\n" } };
    ualarm 300_000;
    eval { die "outer\n" };
    $ari->channels->answer('slow');
    is $@, "outer\n", '$@ is as before the call';
};

subtest 'children of the program' => sub {
    my $ended = 0;
    local $SIG{CHLD} = sub { while (waitpid(-1, POSIX::WNOHANG()) > 0) { $ended++ } };
    my @children = map { my $pid = fork; POSIX::_exit(0) if !$pid; $pid } 1 .. 3;
    $ari->channels->answer('slow');
    sleep 0.05 until $ended == 3;
    pass 'SIGCHLD reaps them during a call';
};

done_testing;
