# A client in a forked child says so instead of hanging; the parent does not notice, and the child connects anew.
use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use Helper;
use Test::More;

patience(120);
my $fake = Fake->start;
my $ari  = $fake->connect;
$fake->answer(GET => '/channels/c1', 200, channel('c1'));
$fake->frames([ event('Tick', n => 1) ], undef);
my $channel = $ari->channels->get('c1');
my $handler = $ari->on_event(Tick => sub { });
my $stream  = $ari->start(apps => ['hello']);
$stream->next;
$ari->channels->get('c1', sub { });

# What the code prints in a child that ends in order.
sub in_child {
    my ($code) = @_;
    my $pid = open my $out, '-|' // die "fork: $!";
    if (!$pid) {
        alarm 60;
        $code->();
        exit 0;
    }
    my $said = do { local $/; <$out> };
    close $out;
    is $?, 0, 'the child ends well';
    return $said;
}

my %use = (
    'a call'                    => sub { $ari->channels->get('c1') },
    'a call of an object'       => sub { $channel->get },
    'a call without waiting'    => sub { my $error; $ari->channels->get('c1', sub { ($error) = @_ }); $ari->dispatch; die $error },
    'a request'                 => sub { $ari->request(GET => '/channels/c1') },
    'registering'               => sub { $ari->on_event(Tick => sub { }) },
    'run'                       => sub { $ari->run(apps => ['hello']) },
    'the next event'            => sub { $stream->next },
    'dispatch'                  => sub { $ari->dispatch },
);
for my $what (sort keys %use) {
    my $said = in_child(sub { my $error = error_of { $use{$what}->() }; print ref $error, ": $error" });
    like $said, qr/\AAsterisk::ARI::Exception::\w+: .*fork/s, "$what says that it was a fork";
}
is in_child(sub { $handler->remove; $stream->close; $ari->stop; undef $ari; undef $channel; undef $stream; print 'ended' }), 'ended', 'all may be given up';
is in_child(sub { print $fake->connect->channels->get('c1')->id }), 'c1', 'the child has a client of its own';
is in_child(sub { print $channel->name }), 'Local/c1', 'data stays';

is $ari->channels->get('c1')->id, 'c1', 'the parent goes on';
$fake->send(event('Tock'));
my $event;
do { $event = $stream->next } until !$event || $event->type eq 'Tock';
is $event->type, 'Tock', 'with its event connection, too';

my ($said, $status) = program($fake, 'my $pid = fork; if (!$pid) { exit 0 } waitpid $pid, 0; print "$? ", $ari->channels->get("c1")->id');
is $said, '0 c1', 'a child that does not use it';

done_testing;
