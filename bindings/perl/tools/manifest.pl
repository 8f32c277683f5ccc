#!/usr/bin/perl
# manifest.pl: makes the MANIFEST anew, from what is there and MANIFEST.SKIP does not name. Part of `make generate`.
use 5.016;
use strict;
use warnings;

use ExtUtils::Manifest qw(manifind maniskip);

my $skipped = maniskip();
my @files   = grep { !$skipped->($_) } keys %{ manifind() };
my $text    = join '', map { "$_\n" } sort 'MANIFEST', grep { $_ ne 'MANIFEST' } @files;

# Only when it changes: other things are made after it.
my $before = '';
if (open my $in, '<', 'MANIFEST') {
    local $/;
    $before = <$in>;
}
if ($text ne $before) {
    open my $out, '>', 'MANIFEST' or die "MANIFEST: $!\n";
    print {$out} $text;
    close $out or die "MANIFEST: $!\n";
}
