#!/usr/bin/perl
# The IVR of ivr.pl at work: a scripted caller dials in, and the story of its call is told as it happens.
#
#     perl demo.pl --url http://localhost:8088 --username hey --password peekaboo
#
# The caller is a Local channel: one end is in the IVR, the other plays the dialplan's extension `caller`, which presses
# keys (scripts/asterisk/conf/extensions.conf). At the end everything that should have happened is checked against what
# was seen; the exit code is 0 only if all of it did.
package Demo;

use 5.016;
use warnings;

use File::Basename qw(dirname);
use File::Spec;
use IO::Handle;
use Time::HiRes qw(time);

require(File::Spec->rel2abs(dirname(__FILE__)) . "/ivr.pl");

use constant { KEYS => '12#', PATIENCE => 60 };

# What happens to the scripted call, told as it happens and remembered for the check.
sub story {
    my ($ari, $keys) = @_;
    my $number = sprintf '%d-%d', $$, time * 1000;
    return bless {
        ari          => $ari,
        dialled      => $keys,
        caller       => "caller-$number",    # id of the caller's end of the call
        call         => "call-$number",      # id of the end that comes to the IVR
        began        => time,
        keys         => '',
        played       => {},
        said_goodbye => 0,
        seen         => {},
    }, __PACKAGE__;
}

# Follows the call through every event of it. The handlers are there before the call is.
sub listen_to {
    my ($self) = @_;
    my $ari  = $self->{ari};
    my $call = $ari->object(Channel => $self->{call});
    $ari->on_event(Connected => sub { $self->dial(@_) });
    $call->on_event(StasisStart         => sub { $self->on_start(@_) });
    $call->on_event(ChannelDtmfReceived => sub { $self->on_key(@_) });
    $call->on_event(StasisEnd           => sub { $self->tell($_[1], 'the call leaves the application') });
    $call->on_event(ChannelVarset       => sub { $self->on_variable(@_) });
    $call->on_event(ChannelDestroyed    => sub { $self->on_hangup(@_) });
    $ari->on_event($_ => sub { $self->on_playback(@_) }) for qw(PlaybackStarted PlaybackFinished);
    return;
}

sub tell {    ## no critic (ProhibitBuiltinHomonyms)
    my ($self, $event, $text) = @_;
    $self->{seen}{ $event->type } = 1;
    printf "  %5.1f s  %s\n", time - $self->{began}, $text;
    return;
}

sub dial {
    my ($self, $event) = @_;
    $self->tell($event, "connected as application '" . $event->application . q('; now somebody dials extension 1000));
    $self->{ari}->channels->originate(
        endpoint       => 'Local/1000@default',
        context        => 'default',
        extension      => 'caller',
        priority       => 1,
        variables      => { KEYS => $self->{dialled} },
        channelId      => $self->{caller},
        otherChannelId => $self->{call},
    );
    return;
}

sub on_start {
    my ($self, $channel, $event) = @_;
    # What happens to the call after it has left the application is part of the story, too.
    $self->{ari}->applications->subscribe($event->application, eventSource => "channel:$channel");
    $self->tell($event, 'the call arrives: ' . $channel->name . ', ' . $channel->state);
    return;
}

sub on_key {
    my ($self, undef, $event) = @_;
    $self->{keys} .= $event->digit;
    $self->tell($event, 'the caller presses ' . $event->digit);
    return;
}

sub on_playback {
    my ($self, $event) = @_;
    my $playback = $event->playback;
    return if $playback->target_uri ne "channel:$self->{call}";
    my $finished = $event->type eq 'PlaybackFinished';
    $self->{played}{ $playback->media_uri } = 1 if $finished && $playback->state eq 'done';
    my $end = $finished ? 'has heard (' . $playback->state . ')' : 'hears';
    $self->tell($event, "the caller $end " . $playback->media_uri);
    return;
}

# The extension `goodbye`, where the IVR sends its callers, says by a variable that it was reached.
sub on_variable {
    my ($self, $channel, $event) = @_;
    return if $event->variable ne 'GOODBYE';
    $self->{said_goodbye} = 1;
    my $place = $channel->dialplan;
    $self->tell($event, 'the call goes on in the dialplan: ' . $place->exten . '@' . $place->context);
    return;
}

sub on_hangup {
    my ($self, undef, $event) = @_;
    $self->tell($event, 'the call is over: ' . $event->cause_txt);
    $self->{ari}->stop;
    return;
}

# What should have happened and did not.
sub missing {
    my ($self) = @_;
    my ($seen, $keys, $dialled) = @$self{qw(seen keys dialled)};
    my @expected = (
        [ 'the call arrived',                                               $seen->{StasisStart} ],
        [ "the keys $dialled arrived, not " . (length $keys ? $keys : 'none'), $keys eq $dialled ],
        [ 'the greeting was heard to its end',                              $self->{played}{'sound:hello-world'} ],
        [ 'each digit was answered',         !grep { !$self->{played}{"sound:digits/$_"} } $dialled =~ /\d/g ],
        [ 'the call left the application',   $seen->{StasisEnd} ],
        [ 'the call went on in the dialplan', $self->{said_goodbye} ],
        [ 'the call ended',                  $seen->{ChannelDestroyed} ],
    );
    return map { $_->[0] } grep { !$_->[1] } @expected;
}

# Plays the call once; gives the exit code.
sub main {
    my (%how) = (keys => KEYS, patience => PATIENCE, @_);
    STDOUT->autoflush(1);
    my $ari = IVR::connected();
    my ($version, $build) = split /[+]/, $ari->server_version // 'unknown';
    my $server = ($build // '') eq 'simulator' ? 'the simulator' : "Asterisk $version";
    print "perl: the IVR of examples/perl/ivr.pl on $server at ", $ari->base_url, "\n";
    my $story = story($ari, $how{keys});
    $story->listen_to;
    IVR::serve($ari);
    local $SIG{ALRM} = sub { $ari->stop };
    alarm $how{patience};
    $ari->run(apps => [IVR::APPLICATION()]);
    alarm 0;
    my @missing = $story->missing;
    print {*STDERR} "demo: perl: it did not come about that $_\n" for @missing;
    return 1 if @missing;
    print "demo: perl passed on $server\n";
    return 0;
}

exit main() unless caller;

1;
