package Conformance;

# The server with the cases, and the processes that run them, each with clients of its own: many cases only wait.

use 5.016;
use strict;
use warnings;

use ConformanceRun;
use FindBin;
use HTTP::Tiny;
use IO::Handle;
use JSON::PP ();
use POSIX ();

use constant { AT_ONCE => 8, PATIENCE => 30 };

my $JSON = JSON::PP->new->utf8->allow_nonref->convert_blessed->allow_blessed;
my $ROOT = "$FindBin::Bin/../../..";

sub new {
    my ($class) = @_;
    return bless { url => $ENV{ARI_CONFORMANCE} }, $class if $ENV{ARI_CONFORMANCE};
    my $binary = ($ENV{CARGO_TARGET_DIR} || "$ROOT/target") . '/debug/ari-conformance';
    pipe my $theirs, my $ours or die "pipe: $!";
    my $pid = open(my $out, '-|') // die "fork: $!";
    if (!$pid) {
        close $ours;
        open STDIN, '<&', $theirs or die "stdin: $!";
        exec $binary, 'serve', '--resources', "$ROOT/test_resources/conformance";
        die "$binary: $!\n";
    }
    close $theirs;
    my $line = <$out> // die "$binary does not run\n";
    return bless { server => $out, stdin => $ours, url => $JSON->decode($line)->{url} }, $class;
}

# The server ends when nobody can write to it any more, and only then can it be waited for.
sub DESTROY {
    my ($self) = @_;
    return if !$self->{server};
    local ($?, $!, $@);
    close $self->{stdin};
    close $self->{server};
    return;
}

sub ask {
    my ($self, $method, $path, $body) = @_;
    my $content = defined $body ? $JSON->encode($body) : '';
    my $answer = HTTP::Tiny->new(timeout => PATIENCE)->request($method, $self->{url} . $path, { content => $content });
    die "$method $path: $answer->{status} $answer->{content}" if !$answer->{success};
    return length $answer->{content} ? $JSON->decode($answer->{content}) : undef;
}

# Whether the server has seen every case pass.
sub is_complete {
    my ($self, $way) = @_;
    my $tally = $self->ask(GET => "/tally/$way");
    print STDERR "$tally->{line}\n" if $self->{server};
    return $tally->{complete};
}

sub cases {
    my ($self) = @_;
    return @{ $self->ask(GET => '/cases') };
}

# Runs the cases, some at once; gives what is wrong with them.
sub play {
    my ($self, $way, @cases) = @_;
    my @workers;
    for my $number (0 .. AT_ONCE - 1) {
        my $pid = open(my $out, '-|') // die "fork: $!";
        if (!$pid) {
            $self->work($way, grep { defined } map { $cases[ $_ * AT_ONCE + $number ] } 0 .. @cases / AT_ONCE);
            STDOUT->flush;
            POSIX::_exit(0);
        }
        push @workers, $out;
    }
    my @problems;
    for my $out (@workers) {
        push @problems, map { $JSON->decode($_) } <$out>;
        push @problems, { id => 'worker', file => $way, problem => "ended with $?" } if !close $out;
    }
    return @problems;
}

# In a process of its own: a line for each problem.
sub work {
    my ($self, $way, @cases) = @_;
    local $SIG{__WARN__} = sub { };    # of handlers that fail on purpose
    for my $case (@cases) {
        my @problems = eval {
            local $SIG{ALRM} = sub { die "it did not come to its end\n" };
            alarm PATIENCE;
            my $outcome = ConformanceRun->new($self, $way, $case)->outcome;
            alarm 0;
            @{ $self->ask(POST => "/verdict/$case->{id}?surface=$way", $outcome)->{problems} // [] };
        };
        alarm 0;
        @problems = "the runner failed: $@" if $@;
        $self->ask(POST => "/reset/$case->{id}");
        print $JSON->encode({ id => $case->{id}, file => $case->{file}, problem => "$_" }), "\n" for @problems;
    }
    return;
}

1;
