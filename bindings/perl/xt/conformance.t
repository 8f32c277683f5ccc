# The conformance table (docs/conformance.md): does what each case says, reports what it saw, and lets the server judge.
# Once with calls that wait and `run`, and once with callbacks and `dispatch`.
use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use Asterisk::ARI;
use Conformance;
use Test::More;

binmode Test::More->builder->$_, ':encoding(UTF-8)' for qw(output failure_output todo_output);

my $table = Conformance->new;
my @cases = grep { !@ARGV || index($_->{id}, $ARGV[0]) >= 0 } $table->cases;
cmp_ok scalar @cases, '>', 0, 'there are cases';
for my $way (qw(perl perl-callbacks)) {
    my @problems = $table->play($way, @cases);
    diag "$_->{id} ($_->{file}): $_->{problem}" for @problems;
    is scalar @problems, 0, $way;
    ok $table->is_complete($way), "$way: the server has seen every case pass";
}
done_testing;
