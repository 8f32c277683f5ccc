# A call from its beginning to its end, on a real Asterisk.
use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib", "$FindBin::Bin/../t/lib";
use Helper;
use Real qw(unique wait_for);
use Test::More;
use Time::HiRes qw(sleep);

patience(180);
my $asterisk = Real->any;
my $ari      = $asterisk->connect;

subtest 'a call' => sub {
    my ($app, $id, $other_id) = map { unique($_) } qw(app channel channel);
    my $stream = $ari->start(apps => [$app]);
    wait_for($stream, 'Connected');

    # originate, answer: extension 205 answers and sends DTMF 1234#
    my $made = $ari->channels->originate(endpoint => 'Local/205@default', app => $app, appArgs => 'a,b c', channelId => $id, timeout => 10);
    is $made->id, $id, 'originate';
    my @digits;
    my $handler = $made->on_event(ChannelDtmfReceived => sub { my ($channel, $event) = @_; push @digits, $event->digit });
    my $start = wait_for($stream, 'StasisStart', channel => $id);
    is_deeply $start->args, [ 'a', 'b c' ], 'arguments';
    my $channel = $start->channel;
    $channel->answer;
    is $channel->get->state, 'Up', 'answer';

    # DTMF
    my @told = map { wait_for($stream, 'ChannelDtmfReceived', channel => $id)->digit } 1 .. 5;
    is "@told", '1 2 3 4 #', 'DTMF';
    is_deeply \@digits, \@told, 'the handlers of the channel had it, too';
    $handler->remove;

    # play
    my $playback = $channel->play(media => 'sound:hello-world', playbackId => unique('playback'));
    is +wait_for($stream, 'PlaybackStarted', playback => $playback->id)->playback->id, $playback->id, 'play';
    is +wait_for($stream, 'PlaybackFinished', playback => $playback->id)->playback->state, 'done', 'to its end';

    # variables
    $channel->set_channel_var(variable => 'COLOUR', value => 'red & blue');
    is $channel->getChannelVar(variable => 'COLOUR')->value, 'red & blue', 'variables';

    # record and download: extension 201 is a tone
    $ari->channels->originate(endpoint => 'Local/201@default', app => $app, channelId => $other_id);
    my $other = wait_for($stream, 'StasisStart', channel => $other_id)->channel;
    my $recording = $other->record(name => unique('recording'), format => 'wav', maxDurationSeconds => 10, beep => !1);
    wait_for($stream, 'RecordingStarted', recording => $recording->name);
    sleep 1.5;    # the tone takes half a second to arrive
    $recording->stop;
    wait_for($stream, 'RecordingFinished', recording => $recording->name);
    my $stored = $ari->get_recording($recording->name);
    my $file = $stored->get_stored_file;
    is substr($file->content, 0, 4), 'RIFF', 'a recording';
    cmp_ok length "$file", '>', 4000, 'with something in it';
    like $file->content_type, qr/audio/, 'of this type';
    my $copied = $stored->copy_stored(destinationRecordingName => unique('copy'));
    is $copied->getStoredFile->content, $file->content, 'and its copy';
    $_->delete_stored for $stored, $copied;

    # bridge
    my $bridge = $ari->bridges->create(type => 'mixing', bridgeId => unique('bridge'), name => 'test');
    $bridge->addChannel(channel => [ $channel, $other ]);
    is +wait_for($stream, 'ChannelEnteredBridge', channel => $_->id)->bridge->id, $bridge->id, 'bridge' for $channel, $other;
    is_deeply [ sort @{ $bridge->get->channels } ], [ sort $id, $other_id ], 'with both';

    # snoop
    my $snoop = $channel->snoop_channel(app => $app, spy => 'both', whisper => 'none', snoopId => unique('snoop'));
    is +wait_for($stream, 'StasisStart', channel => $snoop->id)->channel->id, $snoop->id, 'snoop';
    $snoop->hangup;
    wait_for($stream, 'StasisEnd', channel => $snoop->id);

    # hang up
    $bridge->remove_channel(channel => $other_id);
    wait_for($stream, 'ChannelLeftBridge', channel => $other_id);
    $bridge->destroy;
    for my $each ($channel, $other) {
        $each->hangup(reason => 'normal');
        is +wait_for($stream, 'ChannelDestroyed', channel => $each->id)->cause, 16, 'hang up';
    }
    my $error = error_of { $channel->get };
    isa_ok $error, 'Asterisk::ARI::Exception::NotFoundException', 'it is gone';
    is $error->message, 'Channel not found', 'says Asterisk';
    $stream->close;
};

subtest 'handlers and callbacks, without a call that waits' => sub {
    my ($app, $id) = map { unique($_) } qw(app channel);
    my @story;
    my $tell = sub { my ($what, $then) = @_; return sub { my ($error, $result) = @_; push @story, $error ? "$what: $error" : $what; $then->($result) if $then && !$error } };
    my @handlers = (
        $ari->on_event(Connected => sub { $ari->channels->originate(endpoint => 'Local/100@default', app => $app, channelId => $id, $tell->('originated')) }),
        $ari->on_channel_event(
            StasisStart => sub {
                my ($channel) = @_;
                $channel->answer($tell->('answered', sub { $channel->play(media => 'sound:hello-world', $tell->('playing')) }));
            }
        ),
        $ari->on_playback_event(PlaybackFinished => sub { my ($playback) = @_; push @story, $playback->state; $ari->channels->hangup($id, $tell->('hung up')) }),
        $ari->object(Channel => $id)->on_event(ChannelDestroyed => sub { push @story, 'destroyed'; $ari->stop }),
    );
    $ari->run(apps => [$app]);
    $_->remove for @handlers;
    is_deeply [ grep { !/hung up/ } @story ], [qw(originated answered playing done destroyed)], 'a call by handlers';
};

subtest 'what the server says about itself' => sub {
    is $ari->get_info->system->version, $ari->server_version, 'its version';
    is $ari->asterisk->ping->ping, 'pong', 'ping';
    ok grep({ $_->name eq 'res_ari.so' && $_->status eq 'Running' } @{ $ari->asterisk->list_modules }), 'its modules';
    ok grep({ $_->id eq 'hello-world' } @{ $ari->sounds->list(lang => 'en') }), 'its sounds';
    like $ari->sounds->get('hello-world')->formats->[0]->language, qr/^en/, 'a sound';
    ok $ari->getEndpoints && $ari->get_bridges && $ari->get_channels && $ari->get_recordings, 'lists';
    is $ari->request(GET => '/asterisk/ping')->{ping}, 'pong', 'the door';
};

subtest 'its refusals' => sub {
    my @refusals = (
        [ NotFoundException       => qr/Channel not found/, sub { $ari->channels->get('nope') } ],
        [ NotFoundException       => qr/not found/i,        sub { $ari->bridges->get('nope') } ],
        [ AsteriskServerException => qr/Allocation failed/, sub { $ari->channels->originate(endpoint => 'Nope/1', app => 'a') } ],
        [ IllegalInputException   => qr/./,                 sub { $ari->channels->originate(endpoint => 'Local/100@default') } ],
    );
    for my $each (@refusals) {
        my ($class, $message, $call) = @$each;
        my $error = error_of { $call->() };
        isa_ok $error, "Asterisk::ARI::Exception::$class";
        like $error->message, $message, 'its message';
        ok $error->status, 'its status';
    }
};

done_testing;
