package LoopTests;

# What holds in every event loop. A test says how to work with its own: `wait_for` runs the loop until something holds,
# `after` calls back after some seconds, `settle` calls back with (error, result) of a promise.

use 5.016;
use strict;
use warnings;

use Helper;
use Scalar::Util qw(weaken);
use Test::More;

sub run {
    my ($name, %loop) = @_;
    my ($wait_for, $after, $settle) = @loop{qw(wait_for after settle)};
    patience(120);
    my $fake = Fake->start;
    my $ari  = $fake->connect;
    $fake->answer(GET => '/channels/c1', 200, channel('c1'));
    $fake->answer(GET => '/channels/c2', 404, { message => 'Channel not found' });
    $fake->answer(POST => '/channels/slow/answer', { status => 204, delay => 1 });

    isa_ok error_of { $ari->channels->get_p('c1') }, 'Asterisk::ARI::Exception', 'a promise without a loop';
    $ari->attach($name, $loop{loop} ? $loop{loop} : ());

    subtest 'promises' => sub {
        my @got;
        my $promise = $ari->channels->get_p('c1');
        isa_ok $promise, $loop{promise};
        $settle->($promise, sub { push @got, [@_] });
        is scalar @got, 0, 'not at once';
        $wait_for->(sub { @got });
        is $got[0][0], undef, 'no error';
        is $got[0][1]->id, 'c1', 'the result';
        my $line = __LINE__ + 1;
        $settle->($ari->channels->get_p('c2'), sub { push @got, [@_] });
        $wait_for->(sub { @got == 2 });
        isa_ok $got[1][0], 'Asterisk::ARI::Exception::NotFoundException', 'an error';
        is $got[1][0]->line, $line, 'with the line of the call';
        @got = ();
        $settle->($ari->channels->get_p('c1', colour => 1), sub { push @got, [@_] });
        $wait_for->(sub { @got });
        isa_ok $got[0][0], 'Asterisk::ARI::Exception::IllegalInputException', 'a refusal';
        @got = ();
        $settle->($_, sub { push @got, $_[1]{id} })
            for $ari->request_p(GET => '/channels/c1'), $ari->object(Channel => 'c1')->get_p, $ari->get_channel_p('c1');
        $wait_for->(sub { @got == 3 });
        is_deeply \@got, [qw(c1 c1 c1)], 'of a request, of an object, of the client';
    };

    subtest 'the loop goes on while a call waits' => sub {
        my ($ticks, $done) = (0, 0);
        my $tick;
        $tick = sub { $ticks++; $after->(0.05, $tick) if !$done };
        $after->(0, $tick);
        $settle->($ari->channels->answer_p('slow'), sub { $done = 1 });
        $wait_for->(sub { $done });
        cmp_ok $ticks, '>', 2, 'its timers run';
        undef $tick;
    };

    subtest 'callbacks' => sub {
        my $got;
        $ari->channels->get('c1', sub { $got = $_[1]->id });
        $wait_for->(sub { $got });
        is $got, 'c1', 'are called by the loop';
    };

    subtest 'a call that waits' => sub {
        is $ari->channels->get('c1')->id, 'c1', 'needs no loop';
        my $got;
        $ari->channels->get('c1', sub { $got = $ari->channels->get('c1')->id });
        $wait_for->(sub { $got });
        is $got, 'c1', 'also in a callback';
    };

    subtest 'events' => sub {
        my (@seen, @told);
        my $handler = $ari->on_event(Tick => sub { die "bad tick\n" if $_[0]{n} == 2; push @seen, $_[0]{n} });
        $fake->frames([ map { event('Tick', n => $_) } 1 .. 500 ], undef);
        local $SIG{__WARN__} = sub { push @told, @_ };
        my $stream = $ari->start(apps => ['hello']);
        $wait_for->(sub { @seen == 499 });
        is_deeply \@seen, [ 1, 3 .. 500 ], 'come in order, and a handler that dies stops nothing';
        is scalar @told, 1, 'but is told';
        $fake->send(event('Tick', n => 501));
        $wait_for->(sub { $seen[-1] == 501 });
        pass 'also later';
        my $ended;
        $stream->on_end(sub { $ended = [@_] });
        $stream->close;
        $fake->frames([ event('Tick', n => 1) ], 1000);
        $wait_for->(sub { $ended });
        undef $ended;
        $ari->start(apps => ['hello'], sub { })->on_end(sub { $ended = [@_] });
        $wait_for->(sub { $ended });
        is $seen[-1], 1, 'from a connection that a callback was told of';
        ok !$ended->[0], 'an end without an error';
        $handler->remove;
    };

    subtest 'run' => sub {
        my $timer = 0;
        $after->(0.2, sub { $timer = 1 });
        my $handler = $ari->on_event(Tick => sub { $after->(0.4, sub { $ari->stop }) });
        $fake->frames([ event('Tick', n => 1) ], undef);
        $ari->run(apps => ['hello']);
        ok $timer, 'runs the loop it is attached to';
        $handler->remove;
    };

    subtest 'what waits, in what the loop has called' => sub {
        my (@errors, $done);
        $fake->frames([ event('Tick', n => 1) ], 1000);
        $after->(
            0,
            sub {
                push @errors, error_of { $ari->channels->get('c1') };
                push @errors, error_of { my $stream = $ari->start(apps => ['hello']); 1 while $stream->next };
                push @errors, error_of { $ari->run(apps => ['hello']) };
                $done = 1;
            }
        );
        $wait_for->(sub { $done });
        is_deeply \@errors, [ undef, undef, undef ], 'a call, next and run';

        # A client in a handler of another one.
        my $other = $fake->connect;
        $other->attach($name, $loop{loop} ? $loop{loop} : ());
        (@errors, $done) = ();
        my $handler = $ari->on_event(
            Tick => sub {
                push @errors, error_of { $other->channels->get('c1') };
                push @errors, error_of { $other->run(apps => ['other']) };
                $done = 1;
            }
        );
        my $stream = $ari->start(apps => ['hello']);
        $wait_for->(sub { $done });
        is_deeply \@errors, [ undef, undef ], 'another client in a handler';
        $handler->remove;
        $other->close;
    };

    subtest 'detached' => sub {
        $ari->detach;
        isa_ok error_of { $ari->channels->get_p('c1') }, 'Asterisk::ARI::Exception', 'no promises any more';
        is $ari->channels->get('c1')->id, 'c1', 'calls go on';
        $ari->attach($name, $loop{loop} ? $loop{loop} : ());
        my $got;
        $ari->channels->get('c1', sub { $got = 1 });
        $wait_for->(sub { $got });
        pass 'attached again';
    };

    subtest 'what the loop holds' => sub {
        my $other = $fake->connect;
        $other->attach($name, $loop{loop} ? $loop{loop} : ());
        my $got;
        $settle->($other->channels->get_p('c1'), sub { $got = 1 });
        $wait_for->(sub { $got });
        weaken(my $weak = $other);
        undef $other;
        is $weak, undef, 'is not the client';
    };

    isa_ok error_of { $ari->attach('Nonsense') }, 'Asterisk::ARI::Exception::IllegalInputException', 'a loop nobody knows';
    done_testing;
    return;
}

1;
