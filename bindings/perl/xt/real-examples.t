# The examples run, on a real Asterisk.
use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib", "$FindBin::Bin/../t/lib";
use Helper;
use Real qw(unique wait_for);
use Test::More;
use Time::HiRes qw(sleep);

patience(240);
my $examples = "$FindBin::Bin/../../../examples/perl";
my $asterisk = Real->any;
my %login    = $asterisk->login;
my @login    = map { ("--$_", $login{$_}) } sort keys %login;

# What a program says, errors included, and its status.
sub outcome {
    my (@command) = @_;
    my $pid = open(my $out, '-|') // die "fork: $!";
    if (!$pid) {
        open STDERR, '>&', \*STDOUT;
        exec perl(@command);
    }
    my $said = do { local $/; <$out> };
    close $out;
    return ($said, $?);
}

# First, because the application of the demo has the same name and outlives it by a while.
subtest 'the program of the README' => sub {
    my $ari = $asterisk->connect;
    my $pid = fork // die "fork: $!";
    if (!$pid) {
        exec perl("$examples/readme.pl", $login{url});
    }
    sleep 0.05 until grep { $_->name eq 'hello' } @{ $ari->applications->list };
    my ($call, @seen) = unique('call');
    my $stream = $ari->start(apps => ['watcher']);
    $ari->channels->originate(
        endpoint => 'Local/1000@default', context => 'default', extension => 'caller', priority => 1,
        variables => { KEYS => '1#' }, channelId => unique('caller'), otherChannelId => $call,
    );
    sleep 0.01 while error_of { $ari->applications->subscribe('watcher', eventSource => "channel:$call") };
    $ari->on_event(PlaybackFinished    => sub { push @seen, $_[0]->playback->media_uri });
    $ari->on_event(ChannelDtmfReceived => sub { push @seen, $_[0]->digit });
    wait_for($stream, 'ChannelDestroyed', channel => $call);
    kill TERM => $pid;
    waitpid $pid, 0;
    for my $expected ('sound:hello-world', '1', 'digits:1', '#') {
        ok grep({ $_ eq $expected } @seen), "heard or pressed: $expected";
    }
};

subtest 'the demo' => sub {
    my ($said, $status) = outcome("$examples/demo.pl", @login);
    is $status, 0, 'passes' or diag $said;
    my ($version) = $asterisk->connect->server_version =~ /^([^+]*)/;
    like $said, qr/^demo: perl passed on Asterisk \Q$version\E\n\z/m, 'and says so at its end';
};

subtest 'the demo when the story is another one' => sub {
    my ($said, $status) = outcome('-e', qq(require '$examples/demo.pl'; exit Demo::main(keys => "12", patience => 6)), '--', @login);
    is $status >> 8, 1, 'fails';
    unlike $said, qr/passed/, 'does not say that it passed';
    like $said, qr/went on in the dialplan/, 'but what did not come about';
};

done_testing;
