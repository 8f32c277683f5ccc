package FakeServer;

# The process behind Fake: HTTP and WebSocket on one port, commands as lines of JSON on standard input. One loop, no
# thread, core modules only.

use 5.016;
use strict;
use warnings;

use Digest::SHA qw(sha1_base64);
use IO::Handle;
use IO::Select;
use IO::Socket::INET;
use JSON::PP ();
use MIME::Base64 qw(decode_base64 encode_base64);
use Socket qw(IPPROTO_TCP SHUT_RDWR TCP_NODELAY);
use Time::HiRes qw(time);

my $JSON = JSON::PP->new->utf8->canonical->allow_nonref;
my $INFO = { status => 200, json => '{"system":{"version":"22.10.1","entity_id":"00"}}' };
my $GUID = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11';

sub serve {
    my ($class, $user, $password) = @_;
    local $SIG{PIPE} = 'IGNORE';
    my $listener = IO::Socket::INET->new(LocalAddr => '127.0.0.1', Listen => 128, ReuseAddr => 1)
        or die "the fake server cannot listen: $@\n";
    open my $control, '+<&=', 0 or die "no control: $!\n";
    $control->autoflush(1);
    my $self = bless {
        authorization => 'Basic ' . encode_base64("$user:$password", ''),
        listener      => $listener,
        control       => $control,
        commands      => '',
        answers       => {},      # "METHOD /path" -> list of answers; the last one stays
        asked         => [],
        frames        => [],      # sent to every event connection as soon as it is there
        close_code    => undef,   # then closes it
        clients       => {},      # descriptor -> connection
        sockets       => [],      # the event connections
        later         => [],      # [time, what to do]
        waiting       => undef,   # for so many event connections
    }, $class;
    $self->say({ port => $listener->sockport });
    $self->loop;
    return;
}

sub say {
    my ($self, $what) = @_;
    my $line = $JSON->encode($what) . "\n";
    while (length $line) {
        my $written = syswrite($self->{control}, $line) // exit;
        substr $line, 0, $written, '';
    }
    return;
}

sub loop {
    my ($self) = @_;
    while (1) {
        my $reading = IO::Select->new($self->{control}, $self->{listener} // (), map { $_->{socket} } values %{ $self->{clients} });
        my $writing = IO::Select->new(map { $_->{socket} } grep { length $_->{out} } values %{ $self->{clients} });
        my ($next) = sort { $a <=> $b } map { $_->[0] } @{ $self->{later} };
        my $wait = defined $next ? ($next > time ? $next - time : 0) : undef;
        my ($readable, $writable) = IO::Select::select($reading, $writing, undef, $wait);
        for my $socket (@{ $readable // [] }) {
            if    ($socket == $self->{control})                               { $self->commands }
            elsif ($self->{listener} && $socket == $self->{listener})         { $self->accept }
            elsif (my $client = $self->{clients}{ fileno $socket // next })   { $self->receive($client) }
        }
        for my $socket (@{ $writable // [] }) {
            my $client = $self->{clients}{ fileno $socket // next };
            $self->flush($client) if $client;
        }
        my @due = grep { $_->[0] <= time } @{ $self->{later} };
        $self->{later} = [ grep { my $each = $_; !grep { $_ == $each } @due } @{ $self->{later} } ];
        $_->[1]->() for @due;
    }
    return;
}

sub accept {    ## no critic (ProhibitBuiltinHomonyms)
    my ($self) = @_;
    my $socket = $self->{listener}->accept or return;
    $socket->blocking(0);
    setsockopt $socket, IPPROTO_TCP, TCP_NODELAY, 1;
    $self->{clients}{ fileno $socket } = { socket => $socket, in => '', out => '', http => 1 };
    return;
}

sub receive {
    my ($self, $client) = @_;
    my $read = sysread $client->{socket}, $client->{in}, 65536, length $client->{in};
    return if !defined $read && $!{EAGAIN};
    return $self->gone($client) if !$read;
    if   ($client->{http}) { 1 while $self->request($client) }
    else                   { 1 while $self->frame($client) }
    return;
}

sub gone {
    my ($self, $client) = @_;
    $client->{gone} = 1;
    delete $self->{clients}{ fileno $client->{socket} } if defined fileno $client->{socket};
    close $client->{socket};
    return;
}

sub write {    ## no critic (ProhibitBuiltinHomonyms)
    my ($self, $client, $bytes) = @_;
    return if $client->{gone};
    $client->{out} .= $bytes;
    $self->flush($client);
    return;
}

sub flush {
    my ($self, $client) = @_;
    while (length $client->{out}) {
        my $written = syswrite $client->{socket}, $client->{out}, 262_144;
        if (!defined $written) {
            return if $!{EAGAIN};
            return $self->gone($client);
        }
        substr $client->{out}, 0, $written, '';
    }
    $self->gone($client) if $client->{last};
    return;
}

# HTTP.

sub request {
    my ($self, $client) = @_;
    return 0 if $client->{busy} || $client->{in} !~ /\r\n\r\n/;
    my ($head, $body) = split /\r\n\r\n/, $client->{in}, 2;
    my ($line, @lines) = split /\r\n/, $head;
    my ($method, $target) = split / /, $line;
    my %headers = map { /^([^:]*): *(.*)/ ? (lc $1 => $2) : () } @lines;
    my $length = $headers{'content-length'} // 0;
    return 0 if length $body < $length;
    $client->{in} = substr $body, $length, length $body, '';
    my ($path, $query) = split /\?/, $target, 2;
    my $asked = { method => $method, path => $path, query => $query // '', body => $body, headers => \%headers };
    push @{ $self->{asked} }, $asked;
    my $allowed = ($headers{authorization} // '') eq $self->{authorization};
    return $self->answer($client, { status => 401, json => '{"message":"Authentication required"}' }) if !$allowed;
    return $self->upgrade($client, $asked) if $headers{upgrade};
    my $answers
        = $self->{answers}{"$method $path"}
        // ($path eq '/ari/asterisk/info' && [$INFO])
        || $self->{answers}{'* *'}
        || [ { status => 404, json => $JSON->encode({ message => "nothing at $path" }) } ];
    my $answer = @$answers > 1 ? shift @$answers : $answers->[0];
    if ($answer->{delay}) {
        $client->{busy} = 1;
        push @{ $self->{later} }, [ time + $answer->{delay}, sub { $client->{busy} = 0; $self->answer($client, $answer) } ];
        return 0;
    }
    return $self->answer($client, $answer);
}

sub answer {
    my ($self, $client, $answer) = @_;
    return $self->gone($client) if $answer->{drop};
    my $content = defined $answer->{base64} ? decode_base64($answer->{base64}) : $answer->{json} // '';
    my $type    = $answer->{type} // (defined $answer->{base64} ? 'audio/x-wav' : 'application/json');
    utf8::downgrade($content);
    my $head    = "HTTP/1.1 $answer->{status} Said\r\nContent-Type: $type\r\n";
    $head .= 'Content-Length: ' . length($content) . "\r\n" if $answer->{status} != 204;
    $self->write($client, "$head\r\n$content");
    return 1;
}

# WebSocket.

sub upgrade {
    my ($self, $client, $asked) = @_;
    my $accept = sha1_base64("$asked->{headers}{'sec-websocket-key'}$GUID") . '=';
    my $protocol = $asked->{headers}{'sec-websocket-protocol'} ? "Sec-WebSocket-Protocol: ari\r\n" : '';
    $client->{http} = 0;
    push @{ $self->{sockets} }, $client;
    $self->write($client, "HTTP/1.1 101 Switching\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: $accept\r\n$protocol\r\n"
        . join '', map { encode_frame(1, $_) } @{ $self->{frames} });
    $self->write($client, encode_frame(8, pack 'n', $self->{close_code})) if defined $self->{close_code};
    $self->told_of_connections;
    return 1;
}

sub encode_frame {
    my ($opcode, $payload) = @_;
    my $size   = length $payload;
    my $length = $size < 126 ? chr $size : $size < 65_536 ? chr(126) . pack('n', $size) : chr(127) . pack('Q>', $size);
    return chr(0x80 | $opcode) . $length . $payload;
}

# Takes one frame of the client: it only sends pings, pongs and close frames.
sub frame {
    my ($self, $client) = @_;
    return 0 if length $client->{in} < 6;
    my ($first, $size, $mask) = unpack 'C C a4', $client->{in};
    $size &= 0x7F;
    return 0 if length $client->{in} < 6 + $size;
    my $payload = substr $client->{in}, 6, $size;
    substr $client->{in}, 0, 6 + $size, '';
    $payload ^= substr $mask x (1 + $size / 4), 0, $size;
    my $opcode = $first & 0xF;
    if ($opcode == 9) {
        $client->{pinged}++;
        $self->write($client, encode_frame(10, $payload));
    }
    elsif ($opcode == 8) {
        $client->{closed_with} = length $payload ? unpack 'n', $payload : 1005;
        $client->{last} = 1;
        $self->write($client, encode_frame(8, $payload));
    }
    return 1;
}

# Commands.

sub commands {
    my ($self) = @_;
    sysread($self->{control}, $self->{commands}, 65536, length $self->{commands}) or exit;
    while ($self->{commands} =~ s/^(.*)\n//) {
        my ($name, @arguments) = @{ $JSON->decode($1) };
        my $said = $self->can("do_$name")->($self, @arguments);
        $self->say($said) if defined $said;
    }
    return;
}

sub do_answer {
    my ($self, $method, $path, @answers) = @_;
    $self->{answers}{"$method $path"} = \@answers;
    return 1;
}

sub do_asked {
    my ($self) = @_;
    return $self->{asked};
}

sub do_forget {
    my ($self) = @_;
    $self->{asked} = [];
    return 1;
}

sub do_frames {
    my ($self, $frames, $close_code) = @_;
    $self->{frames}     = [ map { encoded($_) } @$frames ];
    $self->{close_code} = $close_code;
    return 1;
}

# Answered when there have been so many event connections.
sub do_wait {
    my ($self, $number) = @_;
    $self->{waiting} = $number;
    $self->told_of_connections;
    return;
}

sub told_of_connections {
    my ($self) = @_;
    return if !defined $self->{waiting} || @{ $self->{sockets} } < $self->{waiting};
    $self->{waiting} = undef;
    $self->say(1);
    return;
}

sub do_send {
    my ($self, $number, @frames) = @_;
    $self->write($self->{sockets}[$number], join '', map { encode_frame(1, encoded($_)) } @frames);
    return 1;
}

# The same event many times, with its field n counting; in pieces, so that other things go on meanwhile.
sub do_flood {
    my ($self, $number, $count, $frame) = @_;
    my ($before, $after) = split /"n":0/, encoded($frame);
    my $client = $self->{sockets}[$number];
    my $n      = 0;
    my $piece;
    $piece = sub {
        return undef $piece if $client->{gone} || $n == $count;
        if (length $client->{out} < 1_000_000) {
            my $end = $n + 1000 < $count ? $n + 1000 : $count;
            $self->write($client, join '', map { encode_frame(1, "$before\"n\":$_$after") } $n .. $end - 1);
            $n = $end;
        }
        push @{ $self->{later} }, [ time + 0.002, $piece ];
    };
    $piece->();
    return 1;
}

sub do_close {
    my ($self, $number, $code) = @_;
    $self->write($self->{sockets}[$number], encode_frame(8, pack 'n', $code));
    return 1;
}

# Ends an event connection without a word.
sub do_drop {
    my ($self, $number) = @_;
    shutdown $self->{sockets}[$number]{socket}, SHUT_RDWR;
    return 1;
}

# What is known of an event connection.
sub do_socket {
    my ($self, $number) = @_;
    my $client = $self->{sockets}[$number] or return {};
    return { map { $_ => $client->{$_} } qw(closed_with pinged gone) };
}

sub do_deaf {
    my ($self) = @_;
    close delete $self->{listener};
    return 1;
}

# Frames are JSON, or texts as they are.
sub encoded {
    my ($frame) = @_;
    return $JSON->encode($frame) if ref $frame;
    utf8::encode($frame);
    return $frame;
}

1;
