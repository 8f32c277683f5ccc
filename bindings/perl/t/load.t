# Every module of the distribution loads by itself, without a warning, and the client only when it is needed.
use strict;
use warnings;

use File::Find qw(find);
use FindBin;
use lib "$FindBin::Bin/lib";
use Helper;
use Test::More;

my %needs = (AnyEvent => 'AnyEvent', IOAsync => 'IO::Async::Loop', Mojo => 'Mojo::IOLoop');
my @modules;
for my $folder ("$FindBin::Bin/../lib", "$FindBin::Bin/../generated") {
    find(sub { push @modules, $File::Find::name =~ s{.*?/(?=Asterisk/)}{}r if /\.pm\z/ }, $folder);
}
s{^.*/(?=Asterisk/)}{} for @modules;
cmp_ok scalar @modules, '>', 100, 'there are many';
my $errors = join '', map { <<"CODE" } sort @modules;
\$warned = ''; eval { require '$_' } or print "$_: \$@"; print "$_: \$warned" if \$warned;
CODE
my @optional = grep { my $module = $needs{$_}; !eval "require $module; 1" } sort keys %needs;    ## no critic (ProhibitStringyEval)
BAIL_OUT("missing: @optional") if @optional && $ENV{ARI_TEST_ALL};
$errors =~ s/^.*eval \{ require '[^']*Loop\/$_\.pm' \}.*\n//m for @optional;

my $program = "use strict; use warnings; my \$warned; BEGIN { \$SIG{__WARN__} = sub { \$warned .= \$_[0] } }\n$errors print 'loaded';";
open my $out, '-|', perl('-e', $program) or die "perl: $!";
is do { local $/; <$out> }, 'loaded', 'all of them load';
close $out;

open $out, '-|', perl('-e', 'use Asterisk::ARI; print join "\n", sort grep { m{^Asterisk/ARI/(?:Event|Model|Object|Resource)/} } keys %INC') or die "perl: $!";
is do { local $/; <$out> // '' }, '', 'the client loads none of the many';
close $out;

# What is generated takes the name of nothing that is written by hand, and the other way round.
{
    require Asterisk::ARI;
    require Asterisk::ARI::Object;
    require Asterisk::ARI::Resource;
    my @surface = methods('Asterisk::ARI::Surface');
    is_deeply [ grep { Asterisk::ARI::Client->can($_) || exists $Asterisk::ARI::{$_} } @surface ], [], 'the client';
    for my $kind (qw(Object Resource)) {
        my $base = "Asterisk::ARI::$kind";
        for my $module (grep { m{^Asterisk/ARI/$kind/} } @modules) {
            require $module;
            my $class = $module =~ s{/}{::}gr =~ s/\.pm\z//r;
            is_deeply [ grep { $base->can($_) && !/^(?:id|_about)\z/ } methods($class) ], [], $class;
        }
    }
}

# The subs of a package that are its own.
sub methods {
    my ($package) = @_;
    no strict 'refs';
    return grep { !/^(?:BEGIN|import|__ANON__|\(.*)\z/ && defined &{"${package}::$_"} } sort keys %{"${package}::"};
}

is $Asterisk::ARI::VERSION // do { require Asterisk::ARI; Asterisk::ARI->VERSION }, Asterisk::ARI->VERSION, 'a version';
is +Asterisk::ARI::Native->VERSION, Asterisk::ARI->VERSION, 'the same for the native part';

done_testing;
