# Handlers: who is called, with what, in which order, and what they may do.
use strict;
use warnings;
use utf8;

use FindBin;
use lib "$FindBin::Bin/lib";
use Helper;
use Scalar::Util qw(blessed weaken);
use Test::More;

patience(120);
my $fake = Fake->start;

sub tick { return map { event('Tick', n => $_) } @_ }
sub start { my ($id, %more) = @_; return event('StasisStart', args => [], channel => channel($id), %more) }
sub dtmf { my ($id, $digit) = @_; return event('ChannelDtmfReceived', digit => $digit, duration_ms => 1, channel => channel($id)) }

# Sends events to a client with these handlers, until the server closes.
sub play {
    my ($ari, @frames) = @_;
    $fake->frames(\@frames, 1000);
    $ari->run(apps => ['hello']);
    return;
}

subtest 'of the client' => sub {
    my $ari = $fake->connect;
    my @seen;
    my $handler = $ari->on_event(Tick => sub { push @seen, [ 'tick', scalar @_, $_[0]{n} ] });
    isa_ok $handler, 'Asterisk::ARI::Handler';
    $ari->add_event_handler(Tick => sub { push @seen, [ 'second', scalar @_, $_[0]{n} ] });
    $ari->on_event('*' => sub { push @seen, [ 'all', scalar @_, $_[0]->type ] if $_[0]->type =~ /Tick|Start/ });
    $ari->on_event(StasisStart => sub { push @seen, [ 'start', scalar @_, $_[0]->channel->id ] });
    play($ari, tick(1), start('c1'), event('Other'));
    is_deeply \@seen, [ [ 'tick', 1, 1 ], [ 'second', 1, 1 ], [ 'all', 1, 'Tick' ], [ 'all', 1, 'StasisStart' ], [ 'start', 1, 'c1' ] ],
        'each with its event, in order of registration';
    @seen = ();
    $handler->remove;
    $handler->remove;
    play($ari, tick(2));
    is_deeply [ map { $_->[0] } @seen ], [qw(second all)], 'a handler that was removed, twice';
    isa_ok error_of { $ari->on_event('Tick') }, 'Asterisk::ARI::Exception::IllegalInputException', 'no code';
    isa_ok error_of { $ari->on_event(Tick => 'main::play') }, 'Asterisk::ARI::Exception::IllegalInputException', 'a name is no code';
};

subtest 'what happens to the connection is an event' => sub {
    my $ari = $fake->connect;
    my @seen;
    $ari->on_event($_ => sub { push @seen, $_[0]->type }) for qw(Connected ConnectionLost ConnectionClosed);
    play($ari, tick(1));
    is $seen[0], 'Connected', 'connected';
    is $seen[-1], 'ConnectionClosed', 'and closed';
};

subtest 'of objects of a class' => sub {
    my $ari = $fake->connect;
    my @seen;
    $ari->on_channel_event(StasisStart => sub { push @seen, [ blessed $_[0], $_[0]->id, $_[1]->type, scalar @_ ] });
    $ari->on_channel_event(ChannelUserevent => sub { push @seen, defined $_[0] ? $_[0]->id : undef });
    $ari->on_bridge_event(ChannelEnteredBridge => sub { push @seen, [ blessed $_[0], $_[0]->id, $_[1]->channel->id ] });
    play(
        $ari, start('c1', replace_channel => channel('c2')),
        event('ChannelUserevent', eventname => 'e', userevent => {}, channel => channel('c3')),
        event('ChannelUserevent', eventname => 'e', userevent => {}),
        event('ChannelEnteredBridge', channel => channel('c4'), bridge => { id => 'b1', channels => ['c4'] }),
    );
    is_deeply \@seen, [ [ 'Asterisk::ARI::Object::Channel', 'c1', 'StasisStart', 2 ], 'c3', undef, [ 'Asterisk::ARI::Object::Bridge', 'b1', 'c4' ] ],
        'the object and the event';
};

subtest 'of one object' => sub {
    my $ari = $fake->connect;
    my @seen;
    my $c1 = $ari->object(Channel => 'c1');
    my $handler = $c1->on_event(ChannelDtmfReceived => sub { my ($channel, $event) = @_; push @seen, $channel->name . $event->digit });
    isa_ok $handler, 'Asterisk::ARI::Handler';
    my $code = sub { push @seen, 'other' };
    $c1->add_event_handler(ChannelDtmfReceived => $code);
    $ari->object(Endpoint => 'PJSIP/alice')->on_event('EndpointStateChange' => sub { push @seen, $_[0]->resource });
    $c1->on_event('*' => sub { push @seen, '*' . $_[1]->type });
    play(
        $ari, dtmf('c1', 1), dtmf('c2', 2), event('Newer', channel => channel('c1')),
        event('EndpointStateChange', endpoint => { technology => 'PJSIP', resource => 'alice', channel_ids => [] }),
        event('EndpointStateChange', endpoint => { technology => 'PJSIP', resource => 'bob',   channel_ids => [] }),
    );
    is_deeply \@seen, [ 'Local/c11', 'other', '*ChannelDtmfReceived', '*Newer', 'alice' ], 'of that one only, as it is in the event';
    @seen = ();
    $c1->remove_event_handler(ChannelDtmfReceived => $code);
    $handler->remove;
    play($ari, dtmf('c1', 1));
    is_deeply \@seen, ['*ChannelDtmfReceived'], 'removed';

    @seen = ();
    $ari->on_event(
        StasisStart => sub {
            my ($event) = @_;
            $event->channel->on_event(ChannelDtmfReceived => sub { push @seen, "of $_[0]{id}: " . $_[1]->digit });
        }
    );
    $c1->on_event(StasisStart => sub { push @seen, 'replaced' });
    play($ari, start('c5'), dtmf('c5', 7), start('c6', replace_channel => channel('c1')));
    is_deeply [ grep { !/^\*/ } @seen ], [ 'of c5: 7', 'replaced' ], 'registered in a handler; an object in another field';
};

subtest 'handlers added and removed in handlers' => sub {
    my $ari = $fake->connect;
    my (@seen, $second);
    my $first = $ari->on_event(
        Tick => sub {
            my ($event) = @_;
            push @seen, "a$event->{n}";
            $second->remove if $event->{n} == 2;
            $ari->on_event(Tick => sub { push @seen, "c$_[0]{n}" }) if $event->{n} == 3;
        }
    );
    $second = $ari->on_event(Tick => sub { push @seen, "b$_[0]{n}" });
    $ari->on_event(Last => sub { $first->remove });
    play($ari, tick(1, 2, 3, 4), event('Last'), tick(5));
    is_deeply \@seen, [qw(a1 b1 a2 b2 a3 a4 c4 c5)], 'count from the very next event';

    @seen = ();
    my $code = sub { push @seen, 'x' };
    $ari->on_event(Tock => $code);
    $ari->remove_event_handler(Tock => $code);
    $ari->remove_event_handler(Tock => $code);
    my $other = $fake->connect;
    $other->on_event(One => sub { $other->on_event(Two => sub { push @seen, 'two' }) });
    play($other, event('Two'), event('One'), event('Two'), event('Tock'));
    is_deeply \@seen, ['two'], 'a type that nobody wanted before';
};

subtest 'handlers that die' => sub {
    my $ari = $fake->connect;
    my (@seen, @told);
    $ari->on_event(Tick => sub { die "bad tick $_[0]{n}\n" if $_[0]{n} == 1; push @seen, $_[0]{n} });
    $ari->on_event(Tick => sub { push @seen, "after $_[0]{n}" });
    {
        local $SIG{__WARN__} = sub { push @told, @_ };
        play($ari, tick(1, 2));
    }
    is_deeply \@seen, [ 'after 1', 2, 'after 2' ], 'the events go on';
    is scalar @told, 1, 'one warning';
    like $told[0], qr/Tick.*bad tick 1|bad tick 1.*Tick/s, 'that says which event and what';

    my @handled;
    $ari->exception_handler(sub { push @handled, @_ });
    play($ari, tick(1));
    is $handled[0], "bad tick 1\n", 'an exception handler gets the error';
    is $handled[1]{n}, 1, 'and the event';
    my $object = { any => 'thing' };
    my $one = $ari->on_event(Tock => sub { die $object });
    @handled = ();
    play($ari, event('Tock'));
    is $handled[0], $object, 'whatever it is';
    $one->remove;

    $ari->exception_handler(sub { die "that is enough\n" });
    $fake->frames([ tick(1, 2) ], undef);
    is error_of { $ari->run(apps => ['hello']) }, "that is enough\n", 'what it dies with leaves run';
    $ari->exception_handler(undef);
    @seen = ();
    play($ari, tick(5));
    is_deeply \@seen, [ 5, 'after 5' ], 'and the client may run again';

    $fake->answer(POST => '/channels/c1/answer', 404, { message => 'gone' });
    my $line = __LINE__ + 1;
    $ari->on_event(StasisStart => sub { $_[0]->channel->answer });
    @told = ();
    {
        local $SIG{__WARN__} = sub { push @told, @_ };
        play($ari, start('c1'));
    }
    like $told[0], qr/gone.* at \Q@{[__FILE__]}\E line $line\./s, 'an error of a call has the line of the handler';
};

subtest 'the end of run' => sub {
    my $ari = $fake->connect;
    $ari->on_event(Tick => sub { $ari->stop if $_[0]{n} == 2; main::note("tick $_[0]{n}") });
    my @seen;
    $ari->on_event(Tick => sub { push @seen, $_[0]{n} });
    $fake->frames([ tick(1, 2, 3) ], undef);
    $ari->run(apps => ['hello']);
    is $seen[0], 1, 'stop in a handler';
    ok !grep({ $_ == 3 } @seen), 'nothing after that';
    my $never = $fake->connect(reconnect => 'never');
    $never->on_event(Tick => sub { $fake->{on} = $_[0]{n}; $fake->drop });
    my $connections = grep { $_->{path} eq '/ari/events' } $fake->asked;
    $fake->frames([ tick($connections) ], undef);
    my @told;
    local $SIG{__WARN__} = sub { push @told, @_ };
    isa_ok error_of { $never->run(apps => ['hello']) }, 'Asterisk::ARI::Exception::ConnectionException', 'a lost connection, never made again';
    like "@told", qr/\AAsterisk::ARI: lost the event connection of hello: [^\n]+\n\z/, 'of which a warning tells where no handler does';
    isa_ok error_of { $ari->run }, 'Asterisk::ARI::Exception::IllegalInputException', 'run needs the applications';
    isa_ok error_of { $ari->run(apps => ['hello'], colour => 1) }, 'Asterisk::ARI::Exception::IllegalInputException', 'and nothing else';
};

subtest 'what run asks for' => sub {
    my $ari = $fake->connect;
    $fake->frames([], 1000);
    for my $case ([ [ apps => [ 'a', 'b' ] ], 'app=a%2Cb' ], [ [ apps => 'a' ], 'app=a' ], [ [ apps => ['a'], subscribe_all => 1 ], 'app=a&subscribeAll=true' ],
        [ [ apps => ['a'], subscribe_all => 0 ], 'app=a' ]) {
        my ($arguments, $query) = @$case;
        $fake->forget;
        $ari->run(@$arguments);
        my ($asked) = grep { $_->{path} eq '/ari/events' } $fake->asked;
        is $asked->{query} =~ s/&subscribeAll=false//r, $query, $query;
    }
};

subtest 'calls in handlers' => sub {
    my $ari = $fake->connect;
    $fake->answer(GET => '/channels/c1', 200, channel('c1'));
    my @seen;
    $ari->on_event(Tick => sub { push @seen, $_[0]{n} . $ari->channels->get('c1')->id });
    play($ari, tick(1 .. 20));
    is_deeply \@seen, [ map { "${_}c1" } 1 .. 20 ], 'each waits for its answer, and the order stays';
};

subtest 'frames that are no events' => sub {
    my $ari = $fake->connect;
    my @seen;
    $ari->on_event('*' => sub { push @seen, $_[0]->type });
    my @told;
    local $SIG{__WARN__} = sub { push @told, @_ };
    play($ari, 'nonsense', tick(1));
    is_deeply [ grep { /Tick|Unreadable/ } @seen ], [qw(UnreadableFrame Tick)], 'are told, and the events go on';
    like "@told", qr/\AAsterisk::ARI: skipped a message that is no event: [^\n]+\n\z/, 'with a warning';
    @told = ();
    $ari->on_event(UnreadableFrame => sub { });
    play($ari, 'nonsense');
    is_deeply \@told, [], 'unless it has a handler of its own';
};

subtest 'what nobody needs is freed' => sub {
    my $ari = $fake->connect;
    my ($event, $channel);
    $ari->on_event(StasisStart => sub { weaken($event = $_[0]); weaken($channel = $_[0]->channel) });
    play($ari, start('c1'));
    is $event, undef, 'an event';
    is $channel, undef, 'its object';
    my $code = sub { $event };
    weaken(my $weak = $code);
    my $handler = $ari->on_event(Tick => $code);
    undef $code;
    $handler->remove;
    undef $handler;
    is $weak, undef, 'a handler';
    weaken(my $client = $ari);
    undef $ari;
    is $client, undef, 'a client';
};

done_testing;
