package Real;

# A real Asterisk for the tests: the one that ARI_URL names, or one of our own, which ends with the object.

use 5.016;
use strict;
use warnings;

use Asterisk::ARI;
use Exporter qw(import);
use FindBin;
use IO::Handle;
use JSON::PP ();

our @EXPORT_OK = qw(not_ours unique wait_for);

my $SCRIPT = "$FindBin::Bin/../../../scripts/asterisk/asterisk.py";

# Why a test that kills its Asterisk is left out; undef where it may.
sub not_ours {
    return defined $ENV{ARI_URL} ? 'ARI_URL names the Asterisk to use, and one of somebody else is not killed' : undef;
}

sub any {
    my ($class) = @_;
    return $class->own if !defined $ENV{ARI_URL};
    return bless { url => $ENV{ARI_URL}, username => $ENV{ARI_USERNAME} // 'hey', password => $ENV{ARI_PASSWORD} // 'peekaboo' }, $class;
}

sub own {
    my ($class) = @_;
    pipe my $theirs, my $ours or die "pipe: $!";
    my $pid = open(my $out, '-|') // die "fork: $!";
    if (!$pid) {
        close $ours;
        open STDIN, '<&', $theirs or die "stdin: $!";
        exec $ENV{PYTHON} // 'python3', $SCRIPT, 'up', '--ephemeral';
        die "python3: $!\n";
    }
    close $theirs;
    $ours->autoflush(1);
    my $line = <$out> // die "no Asterisk of our own could be started; what failed stands above\n";
    my $facts = JSON::PP::decode_json($line);
    return bless { (map { $_ => $facts->{$_} } qw(url username password)), owner => $$, in => $ours, out => $out }, $class;
}

# kill, stop, start, restart, freeze, thaw, or cli and a command of Asterisk's console.
sub command {
    my ($self, $command) = @_;
    print { $self->{in} } "$command\n";
    my $answer = JSON::PP::decode_json(scalar readline $self->{out});
    die "$command: $answer->{error}" if !$answer->{ok};
    return $answer;
}

sub connect {    ## no critic (ProhibitBuiltinHomonyms)
    my ($self, %options) = @_;
    return Asterisk::ARI->connect($self->login, %options);
}

sub login {
    my ($self) = @_;
    return map { $_ => $self->{$_} } qw(url username password);
}

sub DESTROY {
    my ($self) = @_;
    return if !defined $self->{owner} || $self->{owner} != $$;
    local ($?, $!, $@);
    close $self->{in};
    close $self->{out};
    return;
}

sub unique {
    my ($what) = @_;
    return join '-', $what, map { sprintf '%06x', int rand 1 << 24 } 1, 2;
}

# The next event of a type in which the fields, or the ids or names of objects, have these values.
sub wait_for {
    my ($stream, $type, %fields) = @_;
    my @seen;
    while (my $event = $stream->next(20)) {
        push @seen, $event->type;
        next if $event->type ne $type;
        return $event if !grep { !_same($event->{$_}, $fields{$_}) } keys %fields;
    }
    die "this did not come: $type ", join(' ', %fields), "; what came: ", join(q( ), @seen > 10 ? @seen[ -10 .. -1 ] : @seen), "\n";
}

sub _same {
    my ($found, $wanted) = @_;
    return grep { defined && $_ eq $wanted } ref $found ? @$found{qw(id name)} : $found;
}

1;
