# Tests of the IVR in ivr.pl, on a simulated Asterisk: prove ivr.t
use 5.016;
use warnings;

use Asterisk::ARI::Simulator;
use FindBin;
use Test::More;

BEGIN { require($FindBin::Bin . '/ivr.pl') }

alarm 60;
my $sim = Asterisk::ARI::Simulator->new;
my $ari = $sim->connect;
IVR::serve($ari);
$sim->serve($ari, apps => [IVR::APPLICATION]);

subtest 'a caller is greeted, and hears the digits' => sub {
    my $call = $sim->call('1000', caller => 'Ann <123>');
    ok $call->expect_heard('sound:hello-world'), 'the greeting';
    $call->press('2');
    ok $call->expect_heard('sound:digits/2'), 'the digit';
    $call->press('*');
    $sim->expect_request('channels.play', { media => 'sound:hello-world', channelId => $call }) for 1 .. 2;
    $call->hang_up;
};

subtest '# leaves the menu' => sub {
    my $call = $sim->call('1000')->expect_playing('sound:hello-world')->press('#');
    ok $sim->expect_request('channels.continueInDialplan', { channelId => $call, extension => 'goodbye' }), 'back to the dialplan';
    $call->expect_hung_up;
    is $call->cause, 16, 'which ends the call in good order';
};

subtest 'what goes wrong' => sub {
    my @errors;
    $ari->exception_handler(sub { push @errors, $_[0] });
    $sim->fail('channels.play', status => 500, message => 'no such codec');
    my $call = $sim->call('1000');
    $sim->wait_until(sub { @errors });
    is $errors[0]->status, 500, 'a greeting that fails is told';
    $call->press('5')->expect_heard('sound:digits/5');
    $call->hang_up;
    $sim->expect_event('StasisEnd', { channel => $call });
    is @errors, 1, 'and the call goes on';
};

subtest 'Asterisk is restarted' => sub {
    $ari->exception_handler(undef);
    $ari->on_event($_ => sub { }) for qw(ConnectionLost Reconnected);
    $sim->restart;
    ok $sim->call('1000', within => 20)->expect_heard('sound:hello-world'), 'the next call is served';
};

done_testing;
