# Applications in an event loop, which runs while a test waits.
use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use Asterisk::ARI::Simulator;
use Helper;
use Test::More;

patience(120);

my %needs = (AnyEvent => 'AnyEvent', IOAsync => 'IO::Async::Loop', Mojo => 'Mojo::IOLoop');
my %after = (
    AnyEvent => sub { my ($seconds, $code) = @_; my $timer; $timer = AnyEvent->timer(after => $seconds, cb => sub { undef $timer; $code->() }) },
    IOAsync  => sub { my ($seconds, $code) = @_; IO::Async::Loop->new->watch_time(after => $seconds, code => $code) },
    Mojo     => sub { my ($seconds, $code) = @_; Mojo::IOLoop->timer($seconds => $code) },
);

# An application that knows nothing of the test; it answers a little later.
sub app {
    my ($ari, $loop) = @_;
    $ari->attach($loop) if $loop;
    $ari->on_channel_event(StasisStart => sub {
        my ($channel) = @_;
        $after{$loop}->(0.05, sub { $channel->answer(sub { $channel->play(media => 'sound:hello-world', sub { }) }) });
    });
    $ari->start(apps => ['hello'], sub { my ($error) = @_; die $error if $error });
    return $ari;
}

my $tested = 0;
for my $loop (sort keys %needs) {
    if (!eval "require $needs{$loop}; 1") {    ## no critic (ProhibitStringyEval)
        BAIL_OUT("$needs{$loop} is not installed") if $ENV{ARI_TEST_ALL};
        next;
    }
    $tested++;
    subtest $loop => sub {
        my $sim = Asterisk::ARI::Simulator->new;
        my $ari = app($sim->connect, $loop);
        ok $sim->call('1000')->expect_heard('sound:hello-world'), 'a client of connect';
        my @seen;
        $ari->on_event(Seen => sub { push @seen, $_[0]->{n} });
        $sim->send_event(hello => { type => 'Seen', n => 1 })->wait_until(sub { @seen });
        is "@seen", '1', 'wait_until';
        my $apart = $sim->connect;
        $apart->on_event(Apart => sub { push @seen, 'apart' });
        $sim->serve($apart, apps => ['apart']);
        $sim->send_event(apart => { type => 'Apart' })->wait_until(sub { @seen == 2 });
        is "@seen", '1 apart', 'another one that is in no loop';
        $sim->close;

        my $other = Asterisk::ARI::Simulator->new;
        is $other->attach($loop), $other, 'attach';
        my $own = app(Asterisk::ARI->new(url => $other->url, username => $other->username, password => $other->password), $loop);
        my $second = $other->connect;
        ok $other->call('1000')->expect_heard('sound:hello-world'), 'a client of its own';
        $own->close;
        $second->on_event(Seen => sub { push @seen, 'second' });
        $second->start(apps => ['second']);
        $other->send_event(second => { type => 'Seen' })->wait_until(sub { @seen == 3 });
        is $seen[2], 'second', 'clients of connect are in the loop, too';

        my ($inside, $done);
        $after{$loop}->(0, sub { $inside = error_of { $other->about }; $done = 1 });
        $other->wait_until(sub { $done });
        is $inside, undef, 'a command in what the loop has called';
    };
}
plan skip_all => 'no event loop is installed' if !$tested;

isa_ok error_of { Asterisk::ARI::Simulator->new->attach('Nowhere') }, 'Asterisk::ARI::Exception::IllegalInputException', 'a loop that there is not';

done_testing;
