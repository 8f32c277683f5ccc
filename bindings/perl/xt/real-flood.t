# Many events at once while a handler sleeps: none is lost, and Asterisk does not notice.
use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib", "$FindBin::Bin/../t/lib";
use Helper;
use Real qw(unique);
use Test::More;

use constant { EVENTS => 20_000, NAP => 5 };

patience(180);
my $asterisk = Real->any;
my $ari      = $asterisk->connect(reconnect => 'never');
my $app      = unique('app');
my (@seen, @others, $channel);

$ari->on_event($_ => sub { push @others, $_[0]->type }) for qw(ConnectionLost EventsDropped UnreadableFrame Reconnecting);
$ari->on_event(
    ChannelVarset => sub {
        my ($event) = @_;
        return if $event->variable ne 'I';
        sleep NAP if !@seen;
        push @seen, $event->value;
        $ari->stop if $event->value == EVENTS;
    }
);
$ari->on_event(
    Connected => sub {
        $channel = $ari->channels->originate(endpoint => 'Local/300@default', app => $app, channelId => unique('flood'), variables => { N => EVENTS . '' });
    }
);
$ari->run(apps => [$app]);
$channel->hangup;
is_deeply \@seen, [ 0 .. EVENTS ], 'all events, in order';
is_deeply \@others, [], 'and nothing happened to the connection';
diag 'flood: perl ', scalar @seen, ' events in order, handler asleep for ', NAP, ' s';
done_testing;
