package Helper;

# What the tests share.

use 5.016;
use strict;
use warnings;

use Exporter qw(import);
use Fake qw(channel event USER PASSWORD);
use Test::More ();

our @EXPORT = qw(channel event USER PASSWORD error_of needs patience perl program skip_or_fail);

# What the code dies with; undef if it does not.
sub error_of(&) {    ## no critic (ProhibitSubroutinePrototypes)
    my ($code) = @_;
    local $@;
    return eval { $code->(); 1 } ? undef : $@;
}

# Leaves the whole test out where a module is missing; under the repository's own `make test` that is a failure.
sub needs {
    my (@modules) = @_;
    for my $module (@modules) {
        skip_or_fail("$module is not installed") if !eval "require $module; 1";    ## no critic (ProhibitStringyEval)
    }
    return;
}

sub skip_or_fail {
    my ($reason) = @_;
    Test::More::BAIL_OUT($reason) if $ENV{ARI_TEST_ALL};
    Test::More::plan(skip_all => $reason);
    return;
}

# Ends a test that hangs, wherever it does: SIGALRM's default, which no code of Perl can hold up.
sub patience {
    my ($seconds) = @_;
    alarm $seconds;
    return;
}

# The command for a perl that finds what this one does.
sub perl {
    my (@arguments) = @_;
    return ($^X, (map { "-I$_" } grep { !ref } @INC), @arguments);
}

# Runs a program that has $ari, a client of the fake server; gives what it printed, errors included, and its status.
sub program {
    my ($fake, $source) = @_;
    my $head = 'use strict; use warnings; use utf8; use Asterisk::ARI; $| = 1; $SIG{INT} = q(DEFAULT);'
        . 'my %login = (url => $ARGV[0], username => $ARGV[1], password => $ARGV[2]); utf8::decode($login{password});'
        . 'my $ari = Asterisk::ARI->connect(%login);';
    my $password = PASSWORD;
    utf8::encode($password);
    my $pid = open my $out, '-|' // die "fork: $!";
    if (!$pid) {
        open STDERR, '>&', \*STDOUT;
        exec perl('-e', "$head\n#line 1 program\n$source", $fake->url, USER, $password);
    }
    my $said = do { local $/; <$out> };
    close $out;
    return ($said, $?);
}

1;
