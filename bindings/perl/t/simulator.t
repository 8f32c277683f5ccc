# Tests of applications on the simulator: every command once, with an application that lives in the test.
use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use Asterisk::ARI::Simulator;
use Helper;
use Test::More;

patience(240);

# An application: greets, says digits back, hangs up at `#`; `2` calls bob and connects him, `9` puts the caller on hold.
sub ivr {
    my ($ari) = @_;
    my $bridge;
    $ari->on_channel_event(StasisStart => sub {
        my ($channel, $event) = @_;
        return $bridge->add_channel(channel => [$channel]) if grep { $_ eq 'dialed' } @{ $event->args };
        $channel->on_event(ChannelDtmfReceived => sub {
            my ($caller, $pressed) = @_;
            my $key = $pressed->digit;
            return $caller->hangup if $key eq '#';
            return $caller->play(media => "sound:digits/$key") if $key ne '2';
            $bridge = $ari->bridges->create(type => 'mixing');
            $bridge->add_channel(channel => $caller);
            $ari->channels->originate(endpoint => 'PJSIP/bob', app => 'hello', appArgs => 'dialed');
        });
        $channel->answer;
        $channel->play(media => 'sound:hello-world');
    });
    return;
}

my $sim = Asterisk::ARI::Simulator->new;
my $ari = $sim->connect(max_delay => 0.1);
ivr($ari);
my $stream = $sim->serve($ari, apps => ['hello']);
isa_ok $stream, 'Asterisk::ARI::Stream';

subtest 'where it is' => sub {
    like $sim->url, qr{\Ahttp://127\.0\.0\.1:\d+\z}, 'url';
    like $sim->control_url, qr{\Ahttp://127\.0\.0\.1:\d+\z}, 'control_url';
    is_deeply { $sim->environment }, { ARI_URL => $sim->url, ARI_USERNAME => 'hey', ARI_PASSWORD => 'peekaboo' }, 'environment';
    is $ari->server_version, '22.10.1+simulator', 'a client knows what it talks to';
    is $sim->about->{applications}[0], 'hello', 'about';
    my $same = Asterisk::ARI::Simulator->new(control_url => $sim->control_url);
    is $same->url, $sim->url, 'one that runs already: url';
    is $same->password, 'peekaboo', 'password';
    is $same->about->{seq}, $sim->about->{seq}, 'commands';
    undef $same;
    is $ari->asterisk->ping->ping, 'pong', 'and it goes on without that';
};

subtest 'a call' => sub {
    my $call = $sim->call('1000', caller => 'Ann B. <123>');
    isa_ok $call, 'Asterisk::ARI::Simulator::Call';
    is "$call", $call->id, 'as a text it is its id';
    ok $call->expect_heard('sound:hello-world'), 'a greeting';
    is $call->state, 'Up', 'what a call says afterwards';
    is_deeply $call->heard, ['sound:hello-world'], 'heard';
    is $call->channel->{caller}{number}, '123', "the caller's number";
    is $call->channel->{caller}{name}, 'Ann B.', 'and name';
    is $call->application, 'hello', 'application';
    is_deeply [ map { $_->id } @{ $sim->calls } ], [$call->id], 'calls';
    is $ari->channels->get($call)->id, $call->id, 'stands for its channel';
    $call->press('1');
    my $record = $sim->expect_request('channels.play', { media => 'sound:digits/1', channelId => $call });
    is $record->{status}, 201, 'a request';
    $call->expect_playing('sound:digits/1');
    is_deeply $call->playing, ['sound:digits/1'], 'playing';
    ok $sim->expect_no_request('channels.hangup', within => 0.05), 'what does not come';
    ok $sim->expect_no_event('StasisEnd', { channel => $call }, within => 0), 'no such event, either';
    $call->press('#', duration => 50, gap => '50')->expect_hung_up;
    is $call->cause, 16, 'cause';
    is $sim->expect_event('StasisEnd', { channel => $call }, application => 'hello')->{event}{channel}{id}, $call->id, 'an event';
    ok $call->refresh->hung_up, 'known when it is over';
    ok grep({ $_->{operation} && $_->{operation} eq 'channels.answer' } @{ $sim->requests }), 'requests';
    my ($last) = map { $_->{seq} } reverse @{ $sim->events };
    is_deeply $sim->events(after => $last), [], 'events';
    is_deeply $sim->requests(after => $sim->requests->[-1]), [], 'after a record';
    is scalar @{ $sim->requests('channels.answer') }, 1, 'of one operation';
    is_deeply [ map { $_->{event}{digit} } @{ $sim->events('ChannelDtmfReceived') } ], [ '1', '#' ], 'of one type';
};

subtest 'calls of other kinds' => sub {
    my $call = $sim->call(app => 'hello', args => ['x'], endpoint => 'PJSIP/alice', caller => { name => 'Eve', number => '7' }, variables => { LANG => 'de' }, id => 'of-my-own');
    is $call->id, 'of-my-own', 'an id';
    like $call->name, qr{\APJSIP/alice-}, 'a telephone';
    is $ari->channels->get_channel_var($call, variable => 'LANG')->value, 'de', 'variables';
    $sim->expect_event('StasisStart', { channel => $call, args => ['x'] });
    $call->hang_up(cause => 17)->expect_hung_up;
    is $call->cause, 17, 'a cause';
    is $sim->call(1000, caller => 555)->channel->{caller}{number}, '555', 'a number alone';
    my $numbers = $sim->call(app => 'hello', args => [1, 2.5], caller => { number => 7 }, variables => { N => 12 });
    $sim->expect_event('StasisStart', { channel => $numbers, args => ['1', '2.5'] });
    is $ari->channels->get_channel_var($numbers, variable => 'N')->value, '12', 'texts that are numbers';
    $numbers->hang_up->expect(application => undef, hung_up => 1);
};

subtest 'what a caller hears' => sub {
    my @getters = qw(moh ringing silence held muted_in muted_out);
    my $call  = $sim->call('1000')->expect_heard('sound:hello-world');
    my $hears = sub { $call->refresh; return [ map { $_ eq 'moh' ? $call->moh : $call->$_ ? 1 : 0 } @getters ] };
    is_deeply $hears->(), [ undef, 0, 0, 0, 0, 0 ], 'nothing';
    my $channel = $ari->channels->get($call);
    $channel->start_moh(mohClass => 'jazz');
    is $call->expect(moh => 'jazz')->expect(moh => \1)->moh, 'jazz', 'music';
    like error_of { $call->expect(moh => undef, within => 0) }, qr/moh is "jazz"/, 'which is expected or not';
    $channel->stop_moh;
    $call->expect(moh => undef);
    $channel->$_ for qw(ring start_silence);
    $channel->mute(direction => 'in');
    $call->hold;
    is_deeply $hears->(), [ undef, 1, 1, 1, 1, 0 ], 'ringing, silence; and is held and muted';
    $channel->mute(direction => 'out');
    $channel->unmute(direction => 'in');
    is_deeply [ @{ $hears->() }[ 4, 5 ] ], [ 0, 1 ], 'the other way';
    $call->hang_up;
};

subtest 'a telephone is called' => sub {
    my $caller = $sim->call('1000')->expect_state('Up');
    $caller->press('2')->expect_bridged;
    my $bob = $sim->expect_call('PJSIP/bob', within => 5);
    is $bob->state, 'Ringing', 'it rings';
    $bob->answer->expect_state('Up', within => '5');
    $bob->expect_bridged($caller->refresh->bridge);
    $bob->hold(music_class => 'default');
    $sim->expect_event('ChannelHold', { channel => $bob, musicclass => 'default' });
    $bob->unhold;
    $sim->expect_event('ChannelUnhold', { channel => $bob });
    $ari->channels->set_channel_var($bob, variable => 'TALK_DETECT(set)', value => '');
    $bob->talk(2);
    $sim->expect_event('ChannelTalkingStarted', { channel => $bob });
    $sim->expect_event('ChannelTalkingFinished', { channel => $bob });
    $bob->hang_up;
    $caller->press('2');
    $sim->expect_call('PJSIP/bob')->reject(17)->expect_hung_up;
    is $sim->expect_event('ChannelDestroyed', { cause => 17 }, within => 5)->{application}, 'hello', 'it was rejected';
    $caller->hang_up;
};

subtest 'telephones' => sub {
    is $sim->phone('PJSIP/carol', on_call => 'answer', after => '1'), $sim, 'a new one';
    is $sim->phones->{'PJSIP/carol'}{on_call}, 'answer', 'phones';
    my $channel = $ari->channels->originate(endpoint => 'PJSIP/carol', app => 'hello', appArgs => 'x');
    my $carol = $sim->expect_call('PJSIP/carol')->expect(state => 'Up', application => 'hello');
    is $carol->id, $channel->id, 'answers';
    $carol->hang_up;
    $sim->phone('PJSIP/carol', on_call => 'silent', after => 0);
    $ari->channels->originate(endpoint => 'PJSIP/carol', app => 'hello', appArgs => 'x');
    $sim->expect_call('PJSIP/carol')->ring->expect_state('Ringing')->hang_up;
};

subtest 'failures' => sub {
    my $call    = $sim->call('1000');
    my $failure = error_of { $sim->expect_request('channels.play', { media => 'sound:nothing' }, within => 0.2, after => $sim->about->{seq}) };
    my $line    = __LINE__ - 1;
    isa_ok $failure, 'Asterisk::ARI::Simulator::Failure';
    isa_ok $failure, 'Asterisk::ARI::Exception';
    is $failure->status, 417, 'status';
    like $failure->message, qr/\Aexpected the request channels\.play with media "sound:nothing" within 0\.2 s/, 'what was expected';
    like "$failure", qr/\nat \S+simulator\.t line $line\.\n\z/, 'as a text it ends with its place';
    like $failure->message, qr/^Connected: hello\.$/m, 'who was connected';
    like error_of { $call->expect_heard('sound:goodbye', within => 0.1) }, qr/sound:goodbye/, 'a call';
    like error_of { $sim->expect_call('PJSIP/alice', within => 0.1) }, qr{PJSIP/alice}, 'no call';
    like error_of { $sim->expect_no_request('channels.answer', { channelId => $call }, within => 0.1) }, qr/but it came/, 'what should not come';
    like error_of { $sim->expect_request('channels.sing') }, qr/channels\.sing/, 'an operation that there is not';
    is error_of { $sim->expect_request('channels.play', wihtin => 5) }->status, 400, 'a name that there is not';
    is error_of { $sim->expect_request('channels.play', within => -1) }->status, 400, 'a time that cannot be';
    like error_of { $sim->expect_request('channels.play', 'within') }, qr/pairs of name and value.* at \S+simulator\.t line \d+/, 'no pairs';
    is error_of { $call->press('x') }->status, 400, 'a key that there is not';
    $call->hang_up;
    is error_of { $call->press('1') }->status, 409, 'a key after the end';
    is error_of { Asterisk::ARI::Simulator::Call->_new($sim, { id => 'no/body' })->refresh }->status, 404, 'nobody';
    is error_of { $sim->call(app => 'nobody', within => 0.1) }->status, 409, 'an application that does not come';
    like error_of { $sim->wait_until(sub { 0 }, within => 0.05) }, qr/\Aexpected something .* at \S+simulator\.t line/, 'wait_until';
    is $sim->wait_until(sub { 7 }), 1, 'it is so already';
};

subtest 'handlers that die' => sub {
    my @died;
    $ari->exception_handler(sub { my ($error) = @_; push @died, $error });
    my $handler = $ari->on_event(ChannelHold => sub { die "held\n" });
    my $call = $sim->call('1000')->expect_state('Up');
    $call->hold;
    $sim->wait_until(sub { @died });
    is "@died", "held\n", 'go to the exception handler';
    $ari->exception_handler(sub { die $_[0] });
    is error_of { $call->unhold->hold; $sim->wait_until(sub { 0 }) }, "held\n", 'which may end the test';
    $ari->exception_handler(undef);
    $handler->remove;
    $call->hang_up;
};

subtest 'faults' => sub {
    my $call = $sim->call('1000')->expect_state('Up');
    my $get = sub { $ari->channels->get($call) };
    is $sim->fail('channels.get', status => '500', message => 'no luck', times => 2), $sim, 'fail';
    for (1 .. 2) {
        my $error = error_of { $get->() };
        is $error->status, 500, 'as a client sees it';
        is $error->message, 'no luck', 'message';
    }
    is $get->()->id, $call->id, 'twice only';
    $sim->fail('channels.get', { channelId => 'other' }, status => 503);
    is $get->()->id, $call->id, 'one of other arguments';
    is $sim->faults->[0]{status}, 503, 'faults';
    is error_of { $ari->channels->get('other') }->status, 503, 'met';
    is $sim->fail('channels.get')->faults->[0]{status}, 500, 'no status';
    is error_of { $get->() }->status, 500, 'is 500';
    $sim->fail('channels.get', { channelId => $call }, delay => '0.01', message => 'late');
    is error_of { $get->() }->message, 'late', 'a little later';
    $sim->fail('channels.get', cut => 'close');
    isa_ok error_of { $get->() }, 'Asterisk::ARI::Exception::ConnectionException', 'a cut has none';
    like error_of { $sim->fail('channels.get', 'status') }, qr/pairs of name and value.* at \S+simulator\.t line \d+/, 'no pairs';
    $sim->fail('*', status => 418, times => undef);
    is error_of { $get->() }->status, 418, 'every one' for 1 .. 3;
    $sim->clear_faults;
    is_deeply $sim->faults, [], 'clear_faults';
    $sim->delay('channels.get', 5);
    my $hasty = $sim->connect(request_timeout => 0.2);
    isa_ok error_of { $hasty->channels->get($call) }, 'Asterisk::ARI::Exception::TimeoutException', 'what a delay makes of it';
    $sim->cut('channels.setChannelVar', 'close', performed => 1);
    is error_of { $ari->channels->set_channel_var($call, variable => 'A', value => 'b') }->delivery, 'outcome unknown', 'cut';
    is $ari->channels->get_channel_var($call, variable => 'A')->value, 'b', 'but performed';
    $sim->cut('channels.get', 'silence');
    isa_ok error_of { $hasty->channels->get($call) }, 'Asterisk::ARI::Exception::TimeoutException', 'silence';
    $call->hang_up;
};

subtest 'connections' => sub {
    my (%count, @warnings);
    local $SIG{__WARN__} = sub { push @warnings, @_ };
    $ari->on_event($_ => sub { $count{ $_[0]->type }++ }) for qw(ConnectionLost Reconnected ConnectionClosed Later);
    for my $how (qw(drop reset_connections)) {
        my $before = $count{Reconnected} // 0;
        is $sim->$how, 1, $how;
        $sim->wait_until(sub { ($count{Reconnected} // 0) > $before });
    }
    is $count{ConnectionLost}, 2, 'two were lost';
    is $sim->silence('hello'), 1, 'silence';
    $sim->send_event(hello => { type => 'Later', n => 1 });
    is error_of { $sim->wait_until(sub { $count{Later} }, within => 0.1) }->status, undef, 'nothing comes';
    is $sim->resume, 1, 'resume';
    $sim->send_event(hello => { type => 'Later', n => 2 });
    is $sim->wait_until(sub { $count{Later} }), 1, 'it comes again';
    $sim->restart(down => 0.1, loading => '0.1', booting => 0.1, wait => 1);
    $sim->wait_until(sub { $count{Reconnected} == 3 });
    is_deeply $sim->calls, [], 'what was going on is forgotten';
    $sim->stop;
    isa_ok error_of { $ari->asterisk->ping }, 'Asterisk::ARI::Exception', 'stop';
    $sim->start;
    $sim->wait_until(sub { $count{Reconnected} == 4 });
    is $sim->close_connections(code => 1001, within => 2), 1, 'close_connections';
    $sim->wait_until(sub { !$stream->is_open });
    is $count{ConnectionClosed}, 1, 'in good order';
    is error_of { $sim->drop(within => 0.05) }->status, 409, 'there is none any more';
    is "@warnings", '', 'no warning';
};

subtest 'reset and speed' => sub {
    is $sim->speed(1000), $sim, 'speed';
    is $sim->speed, 1000, 'it is so';
    $sim->fail('channels.get', status => 500);
    is $sim->reset, $sim, 'reset';
    is_deeply [ $sim->requests, $sim->events, $sim->faults ], [ [], [], [] ], 'nothing has happened';
    is $sim->about->{speed}, 10, 'the speed of the start';
};

subtest 'options' => sub {
    my $other = Asterisk::ARI::Simulator->new(
        username => 'me', password => "p\x{e4}ss", speed => '100', version => '23.0.0', port => '0',
        phones => { 'PJSIP/dave' => { on_call => 'busy', after => '1' }, 'PJSIP/erin' => 'decline' }, sounds => { 'my/menu' => '2.5' },
        dialplan => "[default]\nexten => 5,1,Stasis(five,\x{e9}t\x{e9})\n",
    );
    my $client = $other->connect;
    is $client->server_version, '23.0.0', 'version';
    is $other->phones->{'PJSIP/dave'}{after}, 1, 'phones';
    is $other->phones->{'PJSIP/erin'}{on_call}, 'decline', 'and in short';
    my @args;
    $client->on_channel_event(StasisStart => sub { my ($channel, $event) = @_; @args = @{ $event->args }; $channel->play(media => 'sound:my/menu') });
    $other->serve($client, apps => 'five');
    $other->call('5')->expect_heard('sound:my/menu');
    is_deeply \@args, ["\x{e9}t\x{e9}"], 'a dialplan of its own';
    my $names = Asterisk::ARI::Simulator->new(sounds => [ 'my/menu', 42 ]);
    is $names->connect->sounds->get($_)->id, $_, "only the name of a sound, $_" for 'my/menu', '42';
    like error_of { Asterisk::ARI::Simulator->new(phones => { 'PJSIP/erin' => 'sing' }) }, qr/decline.* at \S+simulator\.t line/, 'nothing that a telephone does';
    like error_of { Asterisk::ARI::Simulator->new(sped => 1) }, qr/sped.* at \S+simulator\.t line/, 'an option that there is not';
    isa_ok error_of { Asterisk::ARI::Simulator->new(speed => 0) }, 'Asterisk::ARI::Exception::IllegalInputException', 'a value that cannot be';
    isa_ok error_of { Asterisk::ARI::Simulator->new('speed') }, 'Asterisk::ARI::Exception::IllegalInputException', 'no pairs';
    like error_of { Asterisk::ARI::Simulator->new(control_url => $other->control_url, speed => 1) }, qr/options: speed/, 'options of what runs';
    like error_of { Asterisk::ARI::Simulator->new(control_url => 'http://127.0.0.1:1') }, qr/no simulator at .* at \S+simulator\.t line/, 'nobody there';
    like error_of { Asterisk::ARI::Simulator->new(control_url => 'nowhere') }, qr/nowhere is not where/, 'no address';
};

done_testing;
