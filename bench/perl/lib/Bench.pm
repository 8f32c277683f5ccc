package Bench;

# What the programs here share: clocks, counting what handlers get, and saying how long it took.
use strict;
use warnings;

use Exporter 'import';
use IO::Handle ();
use JSON::PP ();
use POSIX ();
use Time::HiRes ();

our @EXPORT = qw(clocks counters report resident);

# Seconds without an event after which a client has lost the rest.
my $PATIENCE = 10;

my %MODULES = (
    'ari'             => 'Ours',
    'anyevent'        => 'ByAnyEvent',
    'mojo'            => 'ByMojo',
    'Mojo::UserAgent' => 'ByMojo',
    'AnyEvent::HTTP'  => 'ByAnyEventHTTP',
    'HTTP::Tiny'      => 'ByHTTPTiny',
    'LWP'             => 'ByLWP',
);

# The module of a client, which has to be able to do something.
sub load {
    my ($client, $what) = @_;
    my $module = $MODULES{ $client // '' } or die "There are the clients " . join(', ', sort keys %MODULES) . ".\n";
    require "Bench/$module.pm";
    my $package = "Bench::$module";
    die "$client cannot do that: $what.\n" if !$package->can($what);
    return $package;
}

sub user { return $ENV{ARI_USERNAME} // 'bench' }

sub password { return $ENV{ARI_PASSWORD} // 'bench' }

# What the calls ask for: a small answer, or a list of 200 channels.
sub path {
    my ($what) = @_;
    return $what eq 'list' ? '/ari/channels' : '/ari/asterisk/info?only=system';
}

# The address with credentials in it, and what they are in a header.
sub url_with_user {
    my ($url, $path) = @_;
    return $url =~ s{//}{'//' . user() . ':' . password() . '@'}er . $path;
}

sub authorization {
    require MIME::Base64;
    return 'Basic ' . MIME::Base64::encode_base64(user() . ':' . password(), '');
}

# Wall clock, and what the process has used of the processors in all of its threads.
sub clocks {
    return map { Time::HiRes::clock_gettime($_) } Time::HiRes::CLOCK_MONOTONIC(), Time::HiRes::CLOCK_PROCESS_CPUTIME_ID();
}

# Ends the program at once: what it would take to let go of everything is not what is measured.
sub report {
    my (%said) = @_;
    STDOUT->printflush(JSON::PP->new->canonical->encode(\%said), "\n");
    POSIX::_exit(0);
}

# Bytes of memory the process has.
sub resident {
    open my $status, '<', '/proc/self/statm' or die "statm: $!";
    my (undef, $pages) = split ' ', scalar <$status>;
    return $pages * POSIX::sysconf(POSIX::_SC_PAGESIZE());
}

# Handlers that count, and end the program at the expected number of events: one that is given what comes, one that reads
# three fields of a hash, one that asks three methods. The clocks run from the first event to the last; the comparison that finds
# the one finds the other. Long silence ends the program, too.
sub counters {
    my ($expected) = @_;
    my ($seen, $mark, $total) = (0, 1, 0);
    my @begun;
    my $end = sub {
        my @now = clocks();
        @begun = @now if !@begun;
        report(events => $seen, seconds => $now[0] - $begun[0], cpu => $now[1] - $begun[1]);
    };
    my $reached = sub {
        $end->() if @begun || $expected == 1;
        @begun = clocks();
        $mark = $expected;
    };
    my $before = -1;
    # At once, whatever an event loop does.
    POSIX::sigaction(POSIX::SIGALRM(), POSIX::SigAction->new(sub {
        $end->() if $seen == $before;
        $before = $seen;
        alarm $PATIENCE / 2;
    }));
    alarm $PATIENCE / 2;
    return {
        count => sub { $reached->() if ++$seen == $mark },
        hash  => sub {
            my $event   = $_[-1];
            my $channel = $event->{channel};
            $total += length($event->{timestamp}) + length($channel->{name}) + length($channel->{state});
            $reached->() if ++$seen == $mark;
        },
        methods => sub {
            my $event   = $_[-1];
            my $channel = $event->channel;
            $total += length($event->timestamp) + length($channel->name) + length($channel->state);
            $reached->() if ++$seen == $mark;
        },
    };
}

1;
