#!/usr/bin/perl
# check.pl: what `make check` has to say about Perl. Every module loads by itself without a warning and every program
# compiles, PODs are well formed, perlcritic has nothing to say, and the MANIFEST names what is there. Wants blib built.
use 5.016;
use strict;
use warnings;

use ExtUtils::Manifest qw(fullcheck);
use File::Find qw(find);
use Perl::Critic;
use Pod::Checker;

my (@modules, @programs);
find({ wanted => sub { push @modules,  $_ if /\.pm\z/ },      no_chdir => 1 }, 'lib', 'generated');
find({ wanted => sub { push @programs, $_ if /\.(?:pl|t)\z/ }, no_chdir => 1 }, 't', 'xt', 'tools', '../../examples/perl');
my @test_modules = glob '{t,xt}/lib/*.pm';
my $failed       = 0;

sub complain {
    my (@told) = @_ or return;
    print {*STDERR} map { s/\n*\z/\n/r } @told;
    $failed = 1;
    return;
}

# What a perl with these arguments says, which should be this.
sub says {
    my ($expected, @arguments) = @_;
    my $said = `$^X -Ilib -Igenerated -Mblib @arguments 2>&1`;
    complain("perl @arguments: $said") if $said ne $expected;
    return;
}

for my $file (sort @modules) {
    my $module = $file =~ s{^\w+/}{}r =~ s{/}{::}gr =~ s/\.pm\z//r;
    says('', "-M$module", '-e1');
}
says("$_ syntax OK\n", '-It/lib', '-Ixt/lib', '-c', $_) for @test_modules, sort(@programs), 'Makefile.PL';

for my $file (@modules) {
    my $checker = Pod::Checker->new(-warnings => 1);
    open my $out, '>', \my $told or die "memory: $!";
    $checker->parse_from_file($file, $out);
    complain($told) if $checker->num_errors || $checker->num_warnings;
    complain("$file has no POD") if $checker->num_errors < 0;
}

my $critic = Perl::Critic->new(-profile => 'tools/perlcriticrc');
for my $file (@modules, @test_modules, @programs, 'Makefile.PL') {
    complain(map { "$file: $_" } $critic->critique($file));
}

{
    local $ExtUtils::Manifest::Quiet = 1;
    my ($gone, $new) = fullcheck();
    complain("MANIFEST names what is not there: @$gone") if @$gone;
    complain("MANIFEST does not name, which make generate does: @$new") if @$new;
}

exit $failed;
