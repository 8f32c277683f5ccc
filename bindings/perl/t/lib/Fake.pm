package Fake;

# A server for one test: it answers what the test says, remembers what it was asked, and sends the given events. It is a
# process of its own, and ends with the object.

use 5.016;
use strict;
use warnings;

use Exporter qw(import);
use File::Basename qw(dirname);
use JSON::PP ();
use MIME::Base64 qw(encode_base64);
use Socket qw(AF_UNIX PF_UNSPEC SOCK_STREAM);

our @EXPORT_OK = qw(channel event USER PASSWORD);

use constant { USER => 'tester', PASSWORD => "s3cr3t-p\x{e4}ss" };

my $JSON = JSON::PP->new->utf8->canonical->allow_nonref;
my $HERE = dirname(__FILE__);

sub start {
    my ($class) = @_;
    socketpair my $ours, my $theirs, AF_UNIX, SOCK_STREAM, PF_UNSPEC or die "socketpair: $!";
    my $pid = fork // die "fork: $!";
    if (!$pid) {
        close $ours;
        open STDIN, '+<&', $theirs or die "stdin: $!";
        my $password = PASSWORD;
        utf8::encode($password);
        exec {$^X} $^X, "-I$HERE", '-MFakeServer', '-e', 'FakeServer->serve(@ARGV)', USER, $password;
        die "exec: $!";
    }
    close $theirs;
    my $self = bless { pid => $pid, owner => $$, control => $ours }, $class;
    $self->{url} = 'http://127.0.0.1:' . $self->_read->{port};
    return $self;
}

# It ends with the thread that started it.
sub CLONE_SKIP { return 1 }

sub DESTROY {
    my ($self) = @_;
    return if $self->{owner} != $$;
    local ($?, $!, $@);
    close $self->{control};
    kill KILL => $self->{pid};
    waitpid $self->{pid}, 0;
    return;
}

sub url { return $_[0]{url} }

# A client of this server.
sub connect {    ## no critic (ProhibitBuiltinHomonyms)
    my ($self, %options) = @_;
    require Asterisk::ARI;
    return Asterisk::ARI->connect(url => $self->{url}, username => USER, password => PASSWORD, %options);
}

# What to answer to a request below /ari: a value as JSON, nothing as an empty 204, a reference to a string as these
# bytes. Or a whole answer (%how): status, json (text), base64, type, delay in seconds, drop; several answers in turn.
sub answer {
    my ($self, $method, $path, @answer) = @_;
    $path = "/ari$path" if $path ne '*';
    @answer = { status => $answer[0] // 204, _content($answer[1]) } if !ref $answer[0] || ref $answer[0] ne 'HASH';
    for my $each (@answer) {
        %$each = (status => 200, %$each, exists $each->{content} ? _content(delete $each->{content}) : ());
    }
    $self->_tell(answer => $method, $path, @answer);
    return;
}

sub _content {
    my ($content) = @_;
    return !defined $content ? () : ref $content eq 'SCALAR' ? (base64 => encode_base64($$content, '')) : (json => $JSON->encode($content));
}

# All requests besides the question for the server's version and the event connections: method, path, query, body,
# headers.
sub calls {
    my ($self) = @_;
    return grep { $_->{path} ne '/ari/events' && $_->{query} ne 'only=system' } $self->asked;
}

sub asked {
    my ($self) = @_;
    return @{ $self->_tell('asked') };
}

# The last call as a line: GET /channels?a=b BODY
sub last_call {
    my ($self) = @_;
    my $last = ($self->calls)[-1] or return '';
    my $line = "$last->{method} " . substr $last->{path}, 4;
    $line .= "?$last->{query}" if length $last->{query};
    $line .= ' ' . JSON::PP->new->canonical->encode($JSON->decode($last->{body})) if length $last->{body};
    return $line;
}

sub forget {
    my ($self) = @_;
    $self->_tell('forget');
    return;
}

# Sent to every event connection as soon as it is there; then it is closed, unless the code is undef.
sub frames {
    my ($self, $frames, $close_code) = @_;
    $self->_tell(frames => $frames, $close_code);
    return;
}

# Waits for the event connection of that number (from 1).
sub wait_for {
    my ($self, $number) = @_;
    $self->_tell(wait => $number);
    return;
}

# What follows is about the event connection of the number `on` (from 1; 1), which it waits for.

sub send {    ## no critic (ProhibitBuiltinHomonyms)
    my ($self, @frames) = @_;
    $self->wait_for(1);
    $self->_tell(send => $self->{on} // 0, @frames);
    return;
}

sub flood {
    my ($self, $count, $frame) = @_;
    $self->wait_for(1);
    $self->_tell(flood => $self->{on} // 0, $count, $frame);
    return;
}

sub close_events {
    my ($self, $code) = @_;
    $self->wait_for(1);
    $self->_tell(close => $self->{on} // 0, $code // 1000);
    return;
}

sub drop {
    my ($self) = @_;
    $self->wait_for(1);
    $self->_tell(drop => $self->{on} // 0);
    return;
}

# closed_with, pinged, gone
sub socket {    ## no critic (ProhibitBuiltinHomonyms)
    my ($self) = @_;
    return $self->_tell(socket => $self->{on} // 0);
}

# Which event connection is meant from now on.
sub on {
    my ($self, $number) = @_;
    $self->wait_for($number);
    $self->{on} = $number - 1;
    return $self;
}

# Listens no more.
sub deaf {
    my ($self) = @_;
    $self->_tell('deaf');
    return;
}

sub _tell {
    my ($self, @command) = @_;
    my $line = $JSON->encode(\@command) . "\n";
    while (length $line) {
        my $written = syswrite($self->{control}, $line) // die "the fake server is gone: $!";
        substr $line, 0, $written, '';
    }
    return $self->_read;
}

sub _read {
    my ($self) = @_;
    my $line = '';
    while ($line !~ /\n\z/) {
        my $read = sysread $self->{control}, $line, 65_536, length $line;
        next if !defined $read && $!{EINTR};
        die 'the fake server is gone' if !$read;
    }
    return $JSON->decode($line);
}

# JSON of a channel.
sub channel {
    my ($id, %fields) = @_;
    return {
        id           => $id // 'c1',
        protocol_id  => '',
        name         => 'Local/' . ($id // 'c1'),
        state        => 'Up',
        caller       => { name => 'Ann', number => '100' },
        connected    => { name => '', number => '' },
        accountcode  => '',
        dialplan     => { context => 'default', exten => '1000', priority => 3, app_name => 'Stasis', app_data => 'hello' },
        creationtime => '2026-11-20T23:20:16.050+0000',
        language     => 'en',
        %fields,
    };
}

# JSON of an event.
sub event {
    my ($type, %fields) = @_;
    return { type => $type, application => 'hello', timestamp => '2026-11-20T23:20:16.050+0000', %fields };
}

1;
