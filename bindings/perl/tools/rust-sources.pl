#!/usr/bin/perl
# rust-sources.pl WORKSPACE DISTRIBUTION: puts the Rust sources that the distribution is built from into its folder rust,
# and their names into its MANIFEST: a workspace of the core, the simulator and the C library alone, without their tests.
use 5.016;
use strict;
use warnings;

use File::Basename qw(dirname);
use File::Copy qw(copy);
use File::Find ();
use File::Path qw(make_path);

my @MEMBERS  = qw(core simulator bindings/c);
my @LICENSES = qw(LICENSE LICENSE-APACHE LICENSE-MIT);

my ($workspace, $distribution) = @ARGV;
my @added;

for my $file (@LICENSES) {
    bring($file, $file);
}
for my $file ('Cargo.lock', 'Cargo.toml', map { sources($_) } @MEMBERS) {
    bring($file, "rust/$file");
}

# The workspace without its other members, and the members without what only their tests need.
my $members = join ', ', map { qq("$_") } @MEMBERS;
edit('Cargo.toml', sub { s/^members = .*$/members = [$members]/m; s/^default-members = .*\n//m; s/^#.*\n//mg; s/^ari-conformance = .*\n//m });
edit("$_/Cargo.toml", sub { s/^\[dev-dependencies\]\n(?:(?!\[).*\n?)*//m; s/^\[\[(?:test|bench|example)\]\]\n(?:(?!\[).*\n?)*//mg })
    for @MEMBERS;

# cargo takes out of the lock what is not needed any more, and changes nothing else.
my $cargo = $ENV{CARGO} || 'cargo';
system("$cargo update --quiet --offline --workspace --manifest-path $distribution/rust/Cargo.toml") == 0
    or die "cargo could not shorten $distribution/rust/Cargo.lock\n";

open my $manifest, '>>', "$distribution/MANIFEST" or die "$distribution/MANIFEST: $!\n";
print {$manifest} map { "$_\n" } @added;
close $manifest or die "$distribution/MANIFEST: $!\n";

# The files of a member that it is built from. Some are links to what other parts of the repository use, too.
sub sources {
    my ($member) = @_;
    my @found;
    my $add = sub { push @found, substr $_, 1 + length $workspace if -f && !m{^\Q$workspace/$member\E/(?:.*/)?(?:tests|benches|examples)/} };
    File::Find::find({ wanted => $add, no_chdir => 1, follow_fast => 1 }, "$workspace/$member");
    @found = sort @found;
    return @found;
}

sub bring {
    my ($from, $to) = @_;
    make_path(dirname("$distribution/$to"));
    copy("$workspace/$from", "$distribution/$to") or die "$workspace/$from: $!\n";
    push @added, $to;
    return;
}

sub edit {
    my ($file, $change) = @_;
    my $path = "$distribution/rust/$file";
    local @ARGV = $path;
    local $_ = do { local $/; <> };
    $change->();
    open my $out, '>', $path or die "$path: $!\n";
    print {$out} $_;
    close $out or die "$path: $!\n";
    return;
}
