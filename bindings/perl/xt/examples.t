# The tests that the examples have of their own.
use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/../t/lib";
use Helper;
use Test::More;

patience(120);
my @tests = glob "$FindBin::Bin/../../../examples/perl/*.t";
ok @tests, 'there are some';
for my $test (@tests) {
    open my $out, '-|', perl($test) or die "perl: $!";
    my $said = do { local $/; <$out> };
    close $out;
    is $?, 0, $test =~ s{.*/}{}r or diag $said;
}

done_testing;
