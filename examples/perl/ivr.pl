#!/usr/bin/perl
# An interactive voice response in a few lines: a greeting, an answer to each key, and `#` to go on in the dialplan.
#
#     perl ivr.pl --url http://localhost:8088 --username hey --password peekaboo
#
# Any call to Stasis(hello) lands here, with the dialplan of scripts/asterisk/conf that is extension 1000.
package IVR;

use 5.016;
use warnings;

use Asterisk::ARI;
use Getopt::Long;

use constant APPLICATION => 'hello';

# A call comes in: answer, listen to its keys, greet.
sub on_start {
    my ($channel) = @_;
    $channel->on_event(ChannelDtmfReceived => \&on_key);
    $channel->answer;
    $channel->play(media => 'sound:hello-world');
    return;
}

# A key was pressed: digits are said back, `#` leaves the menu.
sub on_key {
    my ($channel, $event) = @_;
    my $key = $event->digit;
    if ($key eq '#') {
        $channel->continue_in_dialplan(context => 'default', extension => 'goodbye', priority => 1);
    }
    elsif ($key eq '*') {
        $channel->play(media => 'sound:hello-world');
    }
    else {
        $channel->play(media => "sound:digits/$key");
    }
    return;
}

# Has the IVR take the calls of a client.
sub serve {
    my ($ari) = @_;
    $ari->on_channel_event(StasisStart => \&on_start);
    return;
}

# Connects to the Asterisk that the command line or the environment names.
sub connected {
    my %login = (
        url      => $ENV{ARI_URL}      // 'http://localhost:8088',
        username => $ENV{ARI_USERNAME} // 'hey',
        password => $ENV{ARI_PASSWORD} // 'peekaboo',
    );
    GetOptions(\%login, 'url=s', 'username=s', 'password=s')
        or die "usage: $0 [--url URL] [--username NAME] [--password PASSWORD]\n";
    return Asterisk::ARI->connect(%login);
}

sub main {
    my $ari = connected();
    serve($ari);
    $SIG{INT} = sub { $ari->stop };
    print 'waiting for calls to Stasis(', APPLICATION, ') on Asterisk ', $ari->server_version, "; Ctrl-C ends it\n";
    $ari->run(apps => [APPLICATION]);
    print "\nbye\n";
    return 0;
}

exit main() unless caller;

1;
