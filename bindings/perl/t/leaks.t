# Neither events nor calls leave anything behind: the number of perl's values and the memory stay what they are.
use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use Asterisk::ARI::Simulator;
use Helper;
use IO::Select;
use Test::More;

my ($EVENTS, $CALLS) = (100_000, 10_000);
my $MOST = 8 << 20;    # bytes that the allocators of perl and Rust may keep for themselves

plan skip_all => 'this system does not tell the memory of a process' if !-r '/proc/self/statm';
my $count_sv = eval { require Test::LeakTrace; 1 } ? \&Test::LeakTrace::count_sv : undef;
BAIL_OUT('Test::LeakTrace is not installed') if !$count_sv && $ENV{ARI_TEST_ALL};

my $fake = Fake->start;
my $ari  = $fake->connect;
$fake->answer(GET => '/channels/c1', 200, channel('c1'));
$fake->answer(GET => '/channels/c2', 404, { message => 'Channel not found' });
my $start = event('ChannelDtmfReceived', n => 0, digit => '1', duration_ms => 1, channel => channel('c1'));

sub memory {
    open my $in, '<', '/proc/self/statm' or die "statm: $!";
    return (split / /, scalar <$in>)[1] * 4096;
}

sub files {
    opendir my $in, '/proc/self/fd' or die "fd: $!";
    return scalar(my @files = readdir $in);
}

# Does something a few times, so that all is there that stays, and then often; it may not have left more behind.
sub is_flat {
    my ($what, $few, $often, $code) = @_;
    $code->($few);
    $code->($few);
    my ($values, $memory, $files) = ($count_sv ? $count_sv->() : 0, memory(), files());
    $code->($often);
    cmp_ok files(), '<=', $files + 10, "$often $what: as many files";
    my ($more_values, $more_memory) = (($count_sv ? $count_sv->() : 0) - $values, memory() - $memory);
    cmp_ok $more_values, '<', 100, "$often $what: $more_values more values";
    cmp_ok $more_memory, '<', $MOST, "$often $what: " . ($more_memory >> 10) . ' KiB more';
    return;
}

# A thousand at a time: what waits is memory, too.
sub events {
    my ($count) = @_;
    my ($seen, $object) = (0, 0);
    my @handlers = (
        $ari->on_event(
            'ChannelDtmfReceived' => sub {
                my ($event) = @_;
                $seen++ if $event->digit && $event->{n} == $seen % 1000;
                return if $seen % 1000;
                return $seen == $count ? $ari->stop : $fake->flood(1000, $start);
            }
        ),
        $ari->on_channel_event('ChannelDtmfReceived' => sub { my ($channel) = @_; $object++ if $channel->name }),
        $ari->on_event('Connected' => sub { $fake->{on} = $fake->{runs}++; $fake->flood(1000, $start) }),
    );
    $ari->run(apps => ['hello']);
    $_->remove for @handlers;
    is $seen, $count, "$count events in order";
    return;
}

# Some at once.
sub callbacks {
    my ($count) = @_;
    my $select = IO::Select->new($ari->fd);
    my ($begun, $done) = (0, 0);
    while ($done < $count) {
        for (; $begun < $count && $begun < $done + 50; $begun++) {
            $ari->channels->get($begun % 2 ? 'c1' : 'c2', sub { $done++ });
        }
        $select->can_read;
        $ari->dispatch;
    }
    $fake->forget;
    return;
}

$fake->frames([], undef);
$fake->{runs} = 0;
is_flat('events', 1000, $EVENTS, \&events);
is_flat('calls', 500, $CALLS, sub { my ($count) = @_; $ari->channels->get('c1')->name for 1 .. $count; $fake->forget });
is_flat('errors', 100, 2000, sub { my ($count) = @_; for (1 .. $count) { my $error = error_of { $ari->channels->get('c2') }; die if "$error" eq '' } $fake->forget });
is_flat('callbacks', 100, 5000, \&callbacks);
is_flat('handlers', 100, 5000, sub { my ($count) = @_; for (1 .. $count) { my $id = "c$_"; $ari->object(Channel => $id)->on_event(StasisEnd => sub { $id })->remove } });
is_flat('clients', 5, 100, sub { my ($count) = @_; for (1 .. $count) { my $own = $fake->connect; $own->on_event(Tick => sub { 1 }); $own->channels->get('c1') } $fake->forget });

is_flat('clients that go while they open', 5, 100, sub { my ($count) = @_; for (1 .. $count) { my $own = $fake->connect; $own->start(apps => ['hello'], sub { }) } $fake->forget });

is_flat('simulators', 3, 40, sub { my ($count) = @_; for (1 .. $count) { my $sim = Asterisk::ARI::Simulator->new; $sim->serve($sim->connect, apps => ['a']); $sim->about } });

done_testing;
