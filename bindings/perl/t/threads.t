# A client in another thread of perl says so; a thread connects anew.
use strict;
use warnings;

use Config;
use Test::More;
BEGIN { plan skip_all => 'this perl has no threads' if !$Config{useithreads} }
use threads;

use FindBin;
use lib "$FindBin::Bin/lib";
use Helper;

patience(120);
my $fake = Fake->start;
my $ari  = $fake->connect;
$fake->answer(GET => '/channels/c1', 200, channel('c1'));
$fake->frames([], undef);
my $stream  = $ari->start(apps => ['hello']);
my $channel = $ari->channels->get('c1');
my $url     = $fake->url;

my %use = (
    'a call'           => sub { $ari->channels->get('c1') },
    'a call of an object' => sub { $channel->get },
    'registering'      => sub { $ari->on_event(Tick => sub { }) },
    'run'              => sub { $ari->run(apps => ['hello']) },
    'the next event'   => sub { $stream->next },
    'dispatch'         => sub { $ari->dispatch },
);
for my $what (sort keys %use) {
    like +threads->create(sub { my $error = error_of { $use{$what}->() }; return ref($error) . ": $error" })->join,
        qr/\AAsterisk::ARI::Exception::\w+: .*thread/s, "$what says that it is another thread";
}
is +threads->create(sub { Asterisk::ARI->connect(url => $url, username => USER, password => PASSWORD)->channels->get('c1')->id })->join, 'c1',
    'a thread has a client of its own';
is +threads->create(sub { $channel->name })->join, 'Local/c1', 'data stays';
my @threads = map { threads->create(sub { my $own = Asterisk::ARI->connect(url => $url, username => USER, password => PASSWORD); my @ids = map { $own->channels->get("c1")->id } 1 .. 20; scalar @ids }) } 1 .. 4;
is_deeply [ map { $_->join } @threads ], [ (20) x 4 ], 'several at once';
is $ari->channels->get('c1')->id, 'c1', 'the first thread goes on';
$stream->close;

done_testing;
