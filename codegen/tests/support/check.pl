# Loads all modules below a folder, with stubs in place of what is written by hand, and checks their documentation.
# Whatever perl warns of is an error, and so is a name that a class declares twice.
use strict;
use warnings FATAL => 'all';

use File::Find;
use Pod::Checker;

my %declared;

package Stub {
    sub declare {
        my ($class, $name) = @_;
        die "$class: $name is no name of a method\n" if $name !~ /\A[^\W\d]\w*\z/;
        die "$class: $name is declared twice\n" if $declared{$class}{$name}++;
    }
    sub _operation {
        my ($class, $name, $operation) = @_;
        declare($class, $_) for map { ($_, "${_}_p") } grep {defined} $name, $operation->{alias};
    }
    sub _client_call {
        my ($class, $name, undef, undef, %more) = @_;
        _operation($class, $name, \%more);
    }
    sub _class    { }
    sub _resource { }
    no warnings 'once';
    *_field = *_accessor = *_object_handler = \&declare;
}

for my $base (qw(Client Exception LazyEvent Model Object Resource)) {
    no strict 'refs';
    $INC{"Asterisk/ARI/$base.pm"} = __FILE__;
    @{"Asterisk::ARI::${base}::ISA"} = 'Stub';
}

my ($folder) = @ARGV;
unshift @INC, $folder;
my @modules;
find({ no_chdir => 1, wanted => sub { push @modules, substr $_, length "$folder/" if /\.pm\z/ } }, $folder);
die "no modules below $folder\n" if !@modules;
for my $module (sort @modules) {
    require $module;
    my $checker = Pod::Checker->new(-warnings => 1);
    my $said = '';
    open my $out, '>', \$said or die $!;
    $checker->parse_from_file("$folder/$module", $out);
    die "$module: $said\n" if $checker->num_errors != 0 || $checker->num_warnings;
}
