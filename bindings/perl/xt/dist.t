# The distribution: what `make dist` packs is built, tested and installed in an empty folder, with nothing of the
# repository at hand.
use strict;
use warnings;

use Cwd qw(abs_path);
use ExtUtils::Manifest qw(fullcheck);
use File::Path qw(make_path remove_tree);
use FindBin;
use lib "$FindBin::Bin/../t/lib";
use Helper;
use Test::More;

# Beside what cargo builds otherwise, so that the crates of others are compiled only once. A blank has to do no harm.
my $package = abs_path("$FindBin::Bin/..");
my $target  = $ENV{CARGO_TARGET_DIR} || abs_path("$package/../..") . '/target';
my $folder  = "$target/perl-dist";
my $empty   = "$folder/an empty folder";
remove_tree($empty, "$folder/installed");
make_path($empty, "$folder/target");

# Like a shell of a person that has nothing to do with the repository.
delete @ENV{qw(PERL5LIB PERL5OPT MAKEFLAGS MFLAGS MAKELEVEL ARI_TEST_ALL ARI_CARGO_PROFILE HARNESS_ACTIVE TEST_FILES)};
delete $ENV{CARGO_TARGET_DIR};

# Runs a command in a folder; gives what it says.
sub does {
    my ($what, $where, $command) = @_;
    my $said = `cd '$where' && $command 2>&1`;
    is $?, 0, $what or diag substr $said, -3000;
    return $said;
}

does('make dist', $package, 'make dist');
my ($tarball) = sort { -M $a <=> -M $b } glob "$package/Asterisk-ARI-*.tar.gz";
does('unpack', $empty, "tar xzf '$tarball'");
my ($unpacked) = map { "$empty/$_" } grep { /^Asterisk/ } do { opendir my $in, $empty or die "$empty: $!"; readdir $in };
{
    chdir $unpacked or die "$unpacked: $!";
    local $ExtUtils::Manifest::Quiet = 1;
    is_deeply [ fullcheck() ], [ [], [] ], 'MANIFEST names what is there';
    chdir $package or die "$package: $!";
}
my $meta = do { local (@ARGV, $/) = "$unpacked/META.json"; JSON::PP::decode_json(<>) };
is_deeply [ sort @{ $meta->{license} } ], [qw(apache_2_0 mit)], 'META: licences';
is_deeply [ grep { !/^(?:perl|B|Exporter|IO::Socket::INET|JSON::PP|POSIX|Scalar::Util|Time::HiRes|XSLoader|overload|parent)$/ } keys %{ $meta->{prereqs}{runtime}{requires} } ], [],
    'META: core modules only';

symlink "$folder/target", "$unpacked/rust/target" or die "symlink: $!";
my $told = `cd '$unpacked' && CARGO=/nowhere/cargo $^X Makefile.PL 2>&1`;
isnt $?, 0, 'without cargo it cannot be built';
like $told, qr{missing: cargo \d.*rustup}, 'which is said, with what to do';
unlike $told, qr{at Makefile\.PL line}, 'as to a person';

does('perl Makefile.PL', $unpacked, "$^X Makefile.PL PROFILE=dev");
does('make', $unpacked, 'make');
like does('make test', $unpacked, 'make test'), qr/^All tests successful/m, 'its tests';
does('make install', $unpacked, "make install DESTDIR='$folder/installed'");
my ($library) = map { s{/Asterisk/ARI\.pm$}{}r } `find '$folder/installed' -name ARI.pm`;
chomp $library;
my $fake = Fake->start;
$fake->answer(GET => '/channels/c1', 200, channel('c1'));
my $password = PASSWORD;
utf8::encode($password);
my $program = 'use Asterisk::ARI; utf8::decode($ARGV[2]); my %l; @l{qw(url username password)} = @ARGV;'
    . 'print $INC{"Asterisk/ARI.pm"}, " ", Asterisk::ARI->connect(%l)->channels->get("c1")->id';
is does('a program', '/', "$^X -I'$library' -e '$program' '" . join("' '", $fake->url, USER, $password) . q(')), "$library/Asterisk/ARI.pm c1", 'runs with what was installed';
is does('a simulator', '/', "$^X -I'$library' -MAsterisk::ARI::Simulator -e 'print Asterisk::ARI::Simulator->new->connect->server_version'"), '22.10.1+simulator', 'comes along';
ok -f "$folder/installed/usr/local/man/man3/Asterisk::ARI::Event::StasisStart.3pm" || `find '$folder/installed' -name 'Asterisk::ARI::Event::StasisStart.3*'`, 'pages have their names';

# Once more, out of what was unpacked.
does('make dist', $unpacked, 'make dist');
is `tar tzf '$unpacked'/*.tar.gz | sort`, `tar tzf '$tarball' | sort`, 'a distribution makes the same distribution';
unlink $tarball;
remove_tree($empty, "$folder/installed");

done_testing;
