# How simulators begin and end: order, fork, threads, and applications that are programs.
use strict;
use warnings;

use Config;
BEGIN { require threads if $Config{useithreads} }

use FindBin;
use lib "$FindBin::Bin/lib";
use Asterisk::ARI::Simulator;
use Helper;
use IO::Socket::INET;
use Test::More;

patience(120);

sub is_there {
    my ($url) = @_;
    my ($address) = $url =~ m{//(.*)};
    return defined IO::Socket::INET->new(PeerAddr => $address, Timeout => 5);
}

# What a perl says, errors included.
sub said {
    my ($source) = @_;
    my $pid = open my $out, '-|' // die "fork: $!";
    if (!$pid) {
        open STDERR, '>&', \*STDOUT;
        exec perl('-e', "use strict; use warnings; use Asterisk::ARI::Simulator; \$| = 1; $source");
    }
    my $said = do { local $/; <$out> };
    close $out;
    return $said . ($? ? "status $?" : '');
}

subtest 'the end' => sub {
    my $sim = Asterisk::ARI::Simulator->new;
    my ($url, $control_url) = ($sim->url, $sim->control_url);
    my $ari = $sim->connect;
    $sim->serve($ari, apps => ['hello']);
    ok is_there($url) && is_there($control_url), 'it is there';
    $sim->close;
    ok !is_there($url) && !is_there($control_url), 'closed';
    $sim->close;
    isa_ok error_of { $sim->about }, 'Asterisk::ARI::Exception::IllegalInputException', 'a command afterwards';
    like error_of { $sim->connect }, qr/was closed/, 'and a client';

    ($sim, my $kept) = map { Asterisk::ARI::Simulator->new } 1 .. 2;
    $url = $sim->url;
    my $own = $sim->connect;
    undef $sim;
    ok !is_there($url), 'nothing refers to it any more';
    ok is_there($kept->url), 'another one goes on';
    isa_ok error_of { $own->asterisk->ping }, 'Asterisk::ARI::Exception::ConnectionException', 'a client that is left';
    $kept->serve($kept->connect, apps => ['kept']);
    is_deeply $kept->about->{applications}, ['kept'], 'serve keeps a client';
    my $gone = $kept->connect;
    undef $gone;
    ok $kept->wait_until(sub { 1 }) && $kept->about, 'connect does not';
};

subtest 'global destruction' => sub {
    for my $order ('our ($sim, $ari)', 'our ($ari, $sim)', 'my ($sim, $ari)', 'my ($ari, $sim)') {
        is said("$order; \$sim = Asterisk::ARI::Simulator->new; \$ari = \$sim->connect; \$sim->serve(\$ari, apps => ['a']); our \$cycle = [\$sim]; push \@\$cycle, \$cycle; print 'ok'"),
            'ok', $order;
    }
    is said('my $sim = Asterisk::ARI::Simulator->new; $sim->connect->on_event(X => sub { $sim }); $sim->run_program("sleep", 1000); exit 3'), 'status 768', 'exit, with a program';
    like said('my $sim = Asterisk::ARI::Simulator->new; $sim->expect_request("channels.play", within => 0)'), qr/\Aexpected the request channels\.play.*\n(?s:.*)at -e line 1\.\nstatus 65280\z/, 'what is not caught';
};

subtest 'fork' => sub {
    my $sim = Asterisk::ARI::Simulator->new;
    my $ari = $sim->connect;
    $sim->serve($ari, apps => ['hello']);
    my $pid = open my $out, '-|' // die "fork: $!";
    if (!$pid) {
        alarm 60;
        print error_of { $sim->about };
        my $own = Asterisk::ARI::Simulator->new(control_url => $sim->control_url);
        print "\n", $own->connect->asterisk->ping->ping;
        $sim->close;
        undef $sim;
        undef $own;
        print "\nended";
        close STDOUT;
        POSIX::_exit(0);
    }
    like do { local $/; <$out> }, qr/belongs to the process.*\npong\nended\z/s, 'a child';
    close $out;
    is $?, 0, 'ends well';
    is $sim->about->{applications}[0], 'hello', 'the parent goes on';
};

subtest 'threads' => sub {
    plan skip_all => 'this perl has no threads' if !$Config{useithreads};
    my $sim = Asterisk::ARI::Simulator->new;
    my $url = $sim->url;
    like +threads->create(sub { my $error = error_of { $sim->about }; "$error" })->join, qr/belongs to the process and the thread/, 'another one';
    is +threads->create(sub { Asterisk::ARI::Simulator->new(control_url => $sim->control_url)->connect->asterisk->ping->ping })->join, 'pong', 'which makes its own';
    ok $sim->about, 'the first goes on';
};

subtest 'a program' => sub {
    my $sim = Asterisk::ARI::Simulator->new;
    my $source = 'use Asterisk::ARI; my $ari = Asterisk::ARI->connect(url => $ENV{ARI_URL}, username => $ENV{ARI_USERNAME}, password => $ENV{ARI_PASSWORD});'
        . '$ari->on_channel_event(StasisStart => sub { $_[0]->answer; $_[0]->play(media => "sound:hello-world") }); $SIG{TERM} = sub { $ari->stop };'
        . '$ari->run(apps => ["hello"]); exit 3';
    my $program = $sim->run_program(perl('-e', $source));
    ok $program->is_running, 'it runs';
    $sim->call('1000')->expect_heard('sound:hello-world');
    is $program->status, undef, 'no status yet';
    is $program->stop, 3 << 8, 'stop';
    is $program->status, 3 << 8, 'status';
    like error_of { $sim->call('1000', within => 0.05) }, qr/has ended with status 3\./, 'a failure says that it has ended';

    my $hasty = Asterisk::ARI::Simulator->new;
    $hasty->run_program(perl('-e', $source =~ s/\$SIG/\$ari->exception_handler(sub { }); \$SIG/r));
    $hasty->delay('channels.play', 1);
    my $call = $hasty->call('1000');
    $hasty->wait_until(sub { @{ $hasty->requests('channels.play') } }, within => 30);
    $call->hang_up;
    ok $hasty->expect_request('channels.play', { channelId => $call }, status => 404), 'a caller who hangs up just then';

    my $pid = $sim->run_program('sleep', '1000')->pid;
    undef $sim;
    ok !kill(0 => $pid), 'it ends with the simulator';

    my $other = Asterisk::ARI::Simulator->new;
    my $missing = do { open my $keep, '>&', \*STDERR; open STDERR, '>', '/dev/null'; my $p = $other->run_program('/nowhere/at/all', 'x'); open STDERR, '>&', $keep; $p };
    $other->wait_until(sub { !$missing->is_running });
    is $missing->status, 127 << 8, 'one that there is not';
    isa_ok error_of { $other->run_program }, 'Asterisk::ARI::Exception', 'no program';
};

done_testing;
