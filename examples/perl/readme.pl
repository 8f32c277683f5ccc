#!/usr/bin/perl
# The program of the README: whoever calls Stasis(hello) is greeted, hears the digits it presses, and is hung up with `#`.
#
#     perl readme.pl [URL]
use strict;
use warnings;

use Asterisk::ARI;

my $ari = Asterisk::ARI->connect(url => shift // 'http://localhost:8088', username => 'hey', password => 'peekaboo');

$ari->on_channel_event(StasisStart => sub {
    my ($channel, $event) = @_;
    $channel->answer;
    $channel->play(media => 'sound:hello-world');
});
$ari->on_channel_event(ChannelDtmfReceived => sub {
    my ($channel, $event) = @_;
    $event->digit eq '#' ? $channel->hangup : $channel->play(media => 'digits:' . $event->digit);
});
$ari->run(apps => ['hello']);
