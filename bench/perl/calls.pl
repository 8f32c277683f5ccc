# calls.pl CLIENT SCENARIO URL COUNT: how fast a client calls. Prints one line of JSON.
use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use Bench;

my $WARM_UP = 20;

my ($client, $scenario, $url, $count) = @ARGV;
my ($what, $workers) = ($scenario // '') =~ /\A(small|list)-(1|50)\z/ or die "There are small-1, small-50, list-1 and list-50.\n";

# Makes so many calls.
my $calls;
if ($workers == 1) {
    my $call = Bench::load($client, 'one_by_one')->one_by_one($url, $what);
    $calls = sub { $call->() for 1 .. $_[0] };
}
else {
    my ($begin, $wait) = Bench::load($client, 'at_once')->at_once($url, $what);
    $calls = sub {
        my ($left) = my ($missing) = @_;
        my $finished = 0;
        my $worker;
        my $done = sub {
            $finished = 1 if !--$missing;
            $worker->();
        };
        $worker = sub { $begin->($done) if $left-- > 0 };
        $worker->() for 1 .. $workers;
        $wait->(\$finished);
    };
}
$calls->($WARM_UP);
my @begun = clocks();
$calls->($count);
my @ended = clocks();
report(calls => 0 + $count, seconds => $ended[0] - $begun[0], cpu => $ended[1] - $begun[1]);
