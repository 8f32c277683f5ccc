# Domain objects, models and events as data.
use strict;
use warnings;
use utf8;

use FindBin;
use lib "$FindBin::Bin/lib";
use Helper;
use JSON::PP ();
use Scalar::Util qw(blessed refaddr);
use Test::More;

patience(120);
my $fake = Fake->start;
my $ari  = $fake->connect;
$fake->answer('*', '*');
$fake->answer(GET => '/channels/c1' => 200, channel('c1', extra => { deep => [ 1, 'é' ] }, odd => JSON::PP::true));
my $channel = $ari->channels->get('c1');

subtest 'fields' => sub {
    is $channel->id, 'c1', 'a getter';
    is $channel->{id}, 'c1', 'the data as a hash';
    is $channel->state, 'Up', 'another';
    is blessed $channel->caller, 'Asterisk::ARI::Model::CallerID', 'a nested model';
    is $channel->caller->name, 'Ann', 'with getters';
    is $channel->{caller}{name}, 'Ann', 'and as hashes';
    is $channel->dialplan->priority, 3, 'a number';
    is $channel->{extra}{deep}[1], 'é', 'what the library does not know';
    is $channel->channelvars, undef, 'what the server did not send';
    is_deeply [ sort keys %$channel ], [ sort keys %{ channel('c1', extra => 1, odd => 1) } ], 'keys';
    ok exists $channel->{name} && !exists $channel->{nothing}, 'exists';
    my $text = JSON::PP->new->canonical->convert_blessed->encode($channel);
    is_deeply(JSON::PP->new->decode($text), channel('c1', extra => { deep => [ 1, 'é' ] }, odd => JSON::PP::true), 'as JSON');
    is_deeply +JSON::PP->new->decode(JSON::PP->new->convert_blessed->encode($channel->caller)), { name => 'Ann', number => '100' }, 'a model as JSON';
    ok $channel, 'true';
    is "$channel", 'c1', 'as a string';
    is refaddr $channel->client, refaddr $ari, 'its client';
};

subtest 'operations' => sub {
    my @operations = (
        [ 'POST /channels/c1/answer',                sub { $channel->answer } ],
        [ 'POST /channels/c1/play?media=sound%3Ax',  sub { $channel->play(media => 'sound:x') } ],
        [ 'POST /channels/c1/continue?priority=1',   sub { $channel->continueInDialplan(priority => 1) } ],
        [ 'DELETE /channels/c1?reason=busy',         sub { $channel->hangup(reason => 'busy') } ],
        [ 'GET /channels/c1',                        sub { $channel->get } ],
        [ 'GET /channels/x%2Fy',                     sub { $ari->object(Channel => 'x/y')->get } ],
        [ 'GET /endpoints/PJSIP/alice',              sub { $ari->object(Endpoint => 'PJSIP/alice')->get } ],
        [ 'PUT /mailboxes/m1?oldMessages=1&newMessages=2', sub { $ari->object(Mailbox => 'm1')->update(oldMessages => 1, newMessages => 2) } ],
        [ 'DELETE /recordings/live/r1',              sub { $ari->object(LiveRecording => 'r1')->cancel } ],
        [ 'POST /bridges/b1/addChannel?channel=c1',  sub { $ari->object(Bridge => 'b1')->add_channel(channel => $channel) } ],
        [ 'GET /channels/c1',                        sub { $ari->channels->get($channel) } ],
    );
    for my $each (@operations) {
        my ($line, $call) = @$each;
        $fake->forget;
        $call->();
        is $fake->last_call, $line, $line;
    }
    my $error = error_of { $channel->play('c2', media => 'x') };
    isa_ok $error, 'Asterisk::ARI::Exception::IllegalInputException', 'its identity is not given again';
    isa_ok error_of { $ari->object(Nothing => 'x') }, 'Asterisk::ARI::Exception::IllegalInputException', 'a class that does not exist';
    isa_ok error_of { $ari->object('Channel') }, 'Asterisk::ARI::Exception::IllegalInputException', 'no id';
};

subtest 'an object outlives its client' => sub {
    my $other = $fake->connect;
    my $left  = $other->channels->get('c1');
    undef $other;
    is $left->name, 'Local/c1', 'as data';
    ok !eval { $left->get; 0 }, 'calls work or say why not';
};

subtest 'an event' => sub {
    my ($event, @more);
    $fake->frames(
        [
            event('StasisStart', args => [ 'a', 'é' ], channel => channel('c1'), replace_channel => channel('c2')),
            event('ChannelDtmfReceived', digit => '5', duration_ms => 100, channel => channel('c1')),
            event('PlaybackFinished', playback => { id => 'p1', state => 'done', media_uri => 'sound:x', target_uri => 'channel:c1' }),
            event('NeverHeardOf', n => 1, channel => channel('c3')),
            event('ChannelVarset', variable => 'x', value => 'y'),
        ],
        1000
    );
    $ari->on_event(StasisStart => sub { ($event) = @_ });
    $ari->on_event($_ => sub { push @more, @_ }) for qw(ChannelDtmfReceived PlaybackFinished NeverHeardOf ChannelVarset);
    $ari->run(apps => ['hello']);
    is blessed $event, 'Asterisk::ARI::Event::StasisStart', 'class';
    isa_ok $event, 'Asterisk::ARI::Event';
    is $event->type, 'StasisStart', 'type';
    is $event->{type}, 'StasisStart', 'type in the hash';
    is $event->application, 'hello', 'a field all have';
    is_deeply $event->args, [ 'a', 'é' ], 'a list';
    is blessed $event->channel, 'Asterisk::ARI::Object::Channel', 'an object';
    is $event->channel->id, 'c1', 'which one';
    is $event->{channel}{id}, 'c1', 'in the hash';
    is $event->replace_channel->id, 'c2', 'another object';
    $event->channel->answer;
    is $fake->last_call, 'POST /channels/c1/answer', 'it has operations';
    my ($dtmf, $playback, $unknown, $varset) = @more;
    is $dtmf->digit, '5', 'a digit';
    is $dtmf->duration_ms, 100, 'a number';
    is blessed $playback->playback, 'Asterisk::ARI::Object::Playback', 'another kind of object';
    is blessed $unknown, 'Asterisk::ARI::Event', 'an event that the library does not know';
    is $unknown->type, 'NeverHeardOf', 'its type';
    is $unknown->{n}, 1, 'its fields';
    is $varset->channel, undef, 'an object that is not there';
    is_deeply +JSON::PP->new->decode(JSON::PP->new->convert_blessed->encode($dtmf)),
        event('ChannelDtmfReceived', digit => '5', duration_ms => 100, channel => channel('c1')), 'as JSON';
};

done_testing;
