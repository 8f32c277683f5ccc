package Asterisk::ARI::Simulator::Request;

use strict;
use warnings;

use Asterisk::ARI::JSON ();
use Asterisk::ARI::Simulator::Failure ();

# How long to wait for a connection.
my $PATIENCE = 10;

# IO::Socket::IP, which knows IPv6, comes with Perl from 5.20 on.
my $SOCKET = do { local ($@, $SIG{__DIE__}); eval { require IO::Socket::IP; 1 } } ? 'IO::Socket::IP' : 'IO::Socket::INET';
require IO::Socket::INET if $SOCKET eq 'IO::Socket::INET';

# It looks like a client to an event loop: there is a descriptor, and what to do when that is readable.
sub new {
    my ($class, $url, $method, $path, $body) = @_;
    my ($host, $port) = $url =~ m{\Ahttp://(\[[^\]]+\]|[^/:]+):(\d+)/?\z}
        or Asterisk::ARI::Simulator::Failure->throw("$url is not where a simulator can be told something");
    local ($!, $@);
    my $socket = $SOCKET->new(PeerHost => $host =~ tr/[]//dr, PeerPort => $port, Timeout => $PATIENCE)
        or Asterisk::ARI::Simulator::Failure->throw("there is no simulator at $url: " . ($@ || $!));
    my $content = defined $body ? Asterisk::ARI::JSON::encode($body) : '';
    local $SIG{PIPE} = 'IGNORE';
    print {$socket} "$method $path HTTP/1.1\r\nHost: $host:$port\r\nConnection: close\r\n"
        . 'Content-Type: application/json' . "\r\nContent-Length: " . length($content) . "\r\n\r\n$content";
    $socket->blocking(0);
    return bless { socket => $socket, read => '' }, $class;
}

# An event loop that watches it.
sub attach {
    my ($self, $class, $loop) = @_;
    $self->{loop} = $class->new($self, $loop);
    return;
}

sub loop { return $_[0]{loop} }

sub DESTROY {
    my ($self) = @_;
    local ($@, $!, $?);
    $self->{loop}->detach if $self->{loop};
    return;
}

sub fd { return fileno $_[0]{socket} }

sub is_done { return $_[0]{done} }

sub dispatch {
    my ($self) = @_;
    local $!;
    my $read = sysread $self->{socket}, $self->{read}, 65_536, length $self->{read};
    return if !defined $read && ($!{EAGAIN} || $!{EWOULDBLOCK} || $!{EINTR});
    $self->{done} = 1 if !$read;
    return;
}

# Status and value of the answer, once it is there.
sub answer {
    my ($self) = @_;
    my ($head, $body) = split /\r\n\r\n/, $self->{read}, 2;
    my ($status) = ($head // '') =~ m{\AHTTP/1\.[01] (\d{3})};
    my ($length) = ($head // '') =~ /^content-length: *(\d+)/im;
    Asterisk::ARI::Simulator::Failure->throw('the simulator went away instead of answering')
        if !defined $status || length $body < ($length // 0);
    my $reason;
    my $value = length $body ? Asterisk::ARI::JSON::try_decode($body, \$reason) : undef;
    Asterisk::ARI::Simulator::Failure->throw("the simulator's answer is no JSON: $reason") if defined $reason;
    return ($status, $value);
}

1;

__END__

=encoding UTF-8

=head1 NAME

Asterisk::ARI::Simulator::Request - a command under way to the simulator

=head1 DESCRIPTION

For L<Asterisk::ARI::Simulator>'s own use: JSON over HTTP, without waiting, so that the application under test goes on meanwhile.

=cut
