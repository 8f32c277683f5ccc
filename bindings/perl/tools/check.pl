#!/usr/bin/perl
# check.pl: what `make check` has to say about Perl. Every module and program compiles without a warning, its POD is well
# formed, perlcritic has nothing to say, and the MANIFEST names what is there. Wants blib built.
use 5.016;
use strict;
use warnings;

use ExtUtils::Manifest qw(fullcheck);
use File::Find qw(find);
use Perl::Critic;
use Pod::Checker;

my (@modules, @programs);
find(sub { push @modules,  $File::Find::name if /\.pm\z/ },      'lib', 'generated');
find(sub { push @programs, $File::Find::name if /\.(?:pl|t)\z/ }, 't', 'xt', 'tools', '../../examples/perl');
my @test_modules = glob 't/lib/*.pm';
my $failed       = 0;

sub complain {
    my (@told) = @_;
    print STDERR map { "$_\n" } @told;
    $failed = 1;
    return;
}

for my $file ((sort @modules), @test_modules, sort @programs, 'Makefile.PL') {
    my @include = $file =~ m{^x?t/} ? '-It/lib' : ();
    my $said    = `$^X -Mblib @include -wc $file 2>&1`;
    complain($said) if $said !~ /\A\Q$file\E syntax OK\n\z/;
}

for my $file (sort(@modules), grep { m{examples} } @programs) {
    my $checker = Pod::Checker->new(-warnings => 1);
    my $told    = '';
    open my $out, '>', \$told or die $!;
    $checker->parse_from_file($file, $out);
    complain($told) if $checker->num_errors || $checker->num_warnings;
    complain("$file has no POD") if $checker->num_errors < 0;
}

my $critic = Perl::Critic->new(-severity => 'gentle');
for my $file (sort(@modules), @test_modules, @programs, 'Makefile.PL') {
    complain(map { "$file: " . $_->to_string } $critic->critique($file));
}

{
    local $ExtUtils::Manifest::Quiet = 1;
    my ($gone, $new) = fullcheck();
    complain("MANIFEST names what is not there: @$gone") if @$gone;
    complain("MANIFEST does not name (make generate does): @$new") if @$new;
}

exit $failed;
