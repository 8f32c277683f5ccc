# A server that dies, falls silent, and comes back.
use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib", "$FindBin::Bin/../t/lib";
use Helper;
use JSON::PP ();
use Real qw(not_ours unique wait_for);
use Test::More;

plan skip_all => not_ours() if not_ours();
patience(300);

for my $how (qw(kill restart)) {
    subtest "a server that dies and comes back: $how" => sub {
        my $asterisk = Real->own;
        my $ari      = $asterisk->connect(max_delay => 0.5);
        my ($app, @connection, @calls) = unique('outage');
        $ari->on_event($_ => sub { push @connection, $_[0]->type }) for qw(Connected ConnectionLost Reconnecting Reconnected);
        $ari->on_channel_event(StasisStart => sub { push @calls, $_[0]->id });
        my $stream = $ari->start(apps => [$app]);
        wait_for($stream, 'Connected');

        my $door = 'Stasis:door';
        $ari->applications->subscribe($app, eventSource => "deviceState:$door");
        $ari->device_states->update($door, deviceState => 'INUSE');
        wait_for($stream, 'DeviceStateChanged', device_state => $door);
        $ari->channels->originate(endpoint => 'Local/100@default', app => $app, channelId => 'call1');
        wait_for($stream, 'StasisStart', channel => 'call1');

        $asterisk->command($how);
        if ($how eq 'kill') {
            my $error = error_of { $ari->get_info };
            isa_ok $error, 'Asterisk::ARI::Exception::ConnectionException', 'a call meanwhile';
            is $error->status, undef, 'has no answer';
            wait_for($stream, 'Reconnecting');
            $asterisk->command('start');
        }
        my $back = wait_for($stream, 'Reconnected');
        like +JSON::PP->new->convert_blessed->encode($back), qr/deviceState:\Q$door\E/, 'what is asked for again is told';

        # The new server knows what the old one had been asked for.
        $ari->device_states->update($door, deviceState => 'NOT_INUSE');
        is +wait_for($stream, 'DeviceStateChanged', device_state => $door)->device_state->state, 'NOT_INUSE', 'subscriptions are made again';
        $ari->channels->originate(endpoint => 'Local/100@default', app => $app, channelId => 'call2');
        wait_for($stream, 'StasisStart', channel => 'call2');
        $stream->close;
        is_deeply \@calls, [qw(call1 call2)], 'handlers go on';
        is_deeply [ @connection[ 0 .. 2 ], $connection[-1] ], [qw(Connected ConnectionLost Reconnecting Reconnected)], 'the story of the connection';
    };
}

subtest 'a server that falls silent' => sub {
    my $asterisk = Real->own;
    my $ari = $asterisk->connect(ping_interval => 0.3, pong_timeout => 0.5, max_delay => 0.3, connect_timeout => 1);
    local $SIG{__WARN__} = sub { };
    my $stream = $ari->start(apps => [ unique('silence') ]);
    wait_for($stream, 'Connected');
    $stream->ping;
    $asterisk->command('freeze');
    wait_for($stream, 'ConnectionLost');
    isa_ok error_of { $stream->ping }, 'Asterisk::ARI::Exception', 'no pong';
    $asterisk->command('thaw');
    wait_for($stream, 'Reconnected');
    $stream->ping;
    pass 'it is noticed, and goes on';
};

subtest 'reconnect => never' => sub {
    my $asterisk = Real->own;
    my $ari = $asterisk->connect(reconnect => 'never');
    local $SIG{__WARN__} = sub { };
    $ari->on_event(Connected => sub { $asterisk->command('kill') });
    isa_ok error_of { $ari->run(apps => [ unique('never') ]) }, 'Asterisk::ARI::Exception::ConnectionException', 'run';
    $asterisk->command('start');
    is $ari->asterisk->ping->ping, 'pong', 'the client goes on, with whatever server is there';
};

subtest 'stop while the connection is made again' => sub {
    my $asterisk = Real->own;
    my $ari = $asterisk->connect(max_delay => 0.2);
    local $SIG{__WARN__} = sub { };
    my @types;
    $ari->on_event(Connected => sub { $asterisk->command('kill') });
    $ari->on_event('*' => sub { push @types, $_[0]->type });
    $ari->on_event(Reconnecting => sub { $ari->stop });
    is error_of { $ari->run(apps => [ unique('stopped') ]) }, undef, 'run returns';
    ok !grep({ $_ eq 'Reconnected' } @types), 'without having come back';
};

done_testing;
