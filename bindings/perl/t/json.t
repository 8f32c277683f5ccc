# Both JSON modules give the same: tests whose outcome could depend on it, run with JSON::PP. (What the other tests run
# with is Cpanel::JSON::XS, where it is installed.)
use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use Helper;
use Test::More;

if ($ENV{ARI_TEST_ALL} && !eval { require Cpanel::JSON::XS }) {
    BAIL_OUT('Cpanel::JSON::XS is not installed');
}
for my $test (qw(calls errors objects events)) {
    local $ENV{ARI_JSON} = 'PP';
    my ($out, $status) = run(perl("$FindBin::Bin/$test.t"));
    is $status, 0, "$test.t" or diag $out;
}
{
    local $ENV{ARI_JSON} = 'PP';
    my ($out) = run(perl('-e', 'use Asterisk::ARI; print $INC{"Cpanel/JSON/XS.pm"} ? "XS" : "PP"'));
    is $out, 'PP', 'ARI_JSON=PP';
}
done_testing;

sub run {
    my (@command) = @_;
    my $pid = open my $out, '-|' // die "fork: $!";
    if (!$pid) {
        open STDERR, '>&', \*STDOUT;
        exec @command;
    }
    my $said = do { local $/; <$out> };
    close $out;
    return ($said, $?);
}
