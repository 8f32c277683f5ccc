package Asterisk::ARI::Simulator::Program;

use strict;
use warnings;

use POSIX ();
use Time::HiRes ();

use Asterisk::ARI::Simulator::Failure ();

# How long a program may take to end when it is asked to, in seconds.
my $PATIENCE = 5;

sub _new {
    my ($class, $environment, @command) = @_;
    Asterisk::ARI::Simulator::Failure->throw('a program is given as the list of its words') if !@command;
    my $pid = fork;
    Asterisk::ARI::Simulator::Failure->throw("no process for $command[0]: $!") if !defined $pid;
    if (!$pid) {
        local @ENV{ keys %$environment } = values %$environment;
        # What it prints is no result of a test.
        open STDOUT, '>&', \*STDERR or POSIX::_exit(127);
        no warnings 'exec';
        exec { $command[0] } @command or print {*STDERR} "$command[0]: $!\n";
        POSIX::_exit(127);
    }
    return bless { pid => $pid, command => "@command" }, $class;
}

sub pid { return $_[0]{pid} }

sub is_running {
    my ($self) = @_;
    return 0 if defined $self->{status};
    local ($!, $?);
    return 1 if waitpid($self->{pid}, POSIX::WNOHANG()) == 0;
    $self->{status} = $?;
    return 0;
}

sub status { return $_[0]->is_running ? undef : $_[0]{status} }

sub stop {
    my ($self) = @_;
    my $until = Time::HiRes::time() + $PATIENCE;
    kill TERM => $self->{pid} if $self->is_running;
    while ($self->is_running) {
        kill KILL => $self->{pid} if Time::HiRes::time() > $until;
        Time::HiRes::sleep(0.01);
    }
    return $self->{status};
}

# How it ended, for people; nothing as long as it runs.
sub _end {
    my ($self) = @_;
    my $status = $self->status;
    return if !defined $status;
    return "The program $self->{command} has ended " . ($status & 127 ? 'by signal ' . ($status & 127) : 'with status ' . ($status >> 8)) . '.';
}

1;

__END__

=encoding UTF-8

=head1 NAME

Asterisk::ARI::Simulator::Program - an application under test that is a program of its own

=head1 SYNOPSIS

    my $program = $sim->run_program($^X, 'ivr.pl');
    $sim->call('1000')->expect_heard('sound:hello-world');
    is $program->stop, 0;

=head1 METHODS

=head2 pid, is_running

Its process, and whether that still runs.

=head2 status

Undef as long as it runs; then what C<$?> would be.

=head2 stop

Ends it by C<SIGTERM> (after 5 s by C<SIGKILL>), waits until it has ended, and gives its status.

=cut
