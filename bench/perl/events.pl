# events.pl CLIENT SCENARIO URL FRAMES [CHANNELS]: how fast a client hands over events. Prints one line of JSON.
use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use Bench;

my ($client, $scenario, $url, $frames, $channels) = @ARGV;
$channels //= $scenario eq 'object' ? 1 : $scenario eq 'objects' ? 5000 : 100;
my $expected = $scenario =~ /\A(?:all|fields)\z/ ? $frames : $frames / 10;
Bench::load($client, 'events')->events($scenario, $url, "bench-$frames-$channels-0", counters($expected));
