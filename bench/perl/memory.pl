# memory.pl SCENARIO URL: memory of our client. Prints one line of JSON.
#   clients  1,000 connected clients
#   queued   100,000 events received while a handler blocks
use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use Bench;
use Bench::Ours;
use Time::HiRes qw(sleep);

my ($scenario, $url) = @ARGV;
my $CLIENTS = 1000;
my $EVENTS  = 100_000;

# Memory when it has stopped growing.
sub settled {
    my $before = -1;
    while (resident() != $before) {
        $before = resident();
        sleep 0.5;
    }
    return $before;
}

if ($scenario eq 'clients') {
    my $kept   = Bench::Ours->connected($url, 'bench-0-1-0');
    my $before = resident();
    my @more   = map { Bench::Ours->connected($url, 'bench-0-1-0') } 1 .. $CLIENTS;
    my $after  = resident();
    report(rss => $after, each => ($after - $before) / $CLIENTS);
}
elsif ($scenario eq 'queued') {
    my $ari    = Bench::Ours::client($url);
    my $before = resident();
    $ari->on_event(StasisStart => sub {
        my $after = settled();
        report(rss => $after, each => ($after - $before) / $EVENTS);
    });
    $ari->run(apps => ["bench-$EVENTS-100-0"]);
}
else {
    die "There are clients and queued.\n";
}
