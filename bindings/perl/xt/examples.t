# The tests that the examples have of their own, and those that the documents show, on the simulator.
use strict;
use warnings;

use File::Temp qw(tempdir);
use FindBin;
use lib "$FindBin::Bin/../t/lib";
use Helper;
use Test::More;

patience(120);
my $root     = "$FindBin::Bin/../../..";
my $examples = "$root/examples/perl";

sub passes {
    my ($what, @command) = @_;
    my $pid = open(my $out, '-|') // die "fork: $!";
    if (!$pid) {
        open STDERR, '>&', \*STDOUT;
        chdir $examples or die "$examples: $!";
        exec perl(@command);
    }
    my $said = do { local $/; <$out> };
    close $out;
    ok $? == 0 && $said =~ /^ok 1 /m, $what or diag $said;
    return;
}

# The test that a document shows, as it stands.
sub shown_in {
    my ($document) = @_;
    open my $in, '<:raw', "$root/$document" or die "$document: $!";
    my $text = do { local $/; <$in> };
    my ($shown) = grep { /^my \$sim = Asterisk::ARI::Simulator->new/m } $text =~ /^```perl\n(.*?)^```$/gms;
    return $shown // die "$document shows no test";
}

my @tests = glob "$examples/*.t";
ok @tests, 'there are some';
passes(s{.*/}{}r, $_) for @tests;

my $folder = tempdir(CLEANUP => 1);
my $needs  = "use strict; use warnings; use Test::More; use Asterisk::ARI::Simulator; require './ivr.pl';";
my %around = ('README.md' => [ $needs, 'done_testing;' ], 'docs/perl.md' => [ '', '' ]);
for my $document (sort keys %around) {
    my ($before, $after) = @{ $around{$document} };
    my $test = "$folder/" . $document =~ s{\W}{_}gr . '.t';
    open my $out, '>:raw', $test or die "$test: $!";
    print {$out} "$before\n#line 1 \"$document\"\n", shown_in($document), "\n$after\n";
    close $out or die "$test: $!";
    passes("the test in $document", $test);
}

done_testing;
