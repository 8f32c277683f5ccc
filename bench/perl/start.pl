# start.pl CLIENT URL: how long it takes to load a client, and until its event connection is open. Prints one line of JSON.
use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use Bench;

my ($client, $url) = @ARGV;
my @begun  = clocks();
my $module = Bench::load($client, 'connected');
my @loaded = clocks();
my $kept   = $module->connected($url, 'bench-10-1-0');
my @open   = clocks();
report(import => $loaded[0] - $begun[0], connect => $open[0] - $loaded[0], rss => resident());
