package Bench::Ours;

# Our client, as its documentation says to use it.
use strict;
use warnings;

use Asterisk::ARI;
use Bench ();
use IO::Select ();

# The server is faster than any program will be: all that it sends has room.
my $QUEUE = 1 << 30;

sub client {
    my ($url) = @_;
    return Asterisk::ARI->connect(url => $url, username => Bench::user(), password => Bench::password(), queue_bytes => $QUEUE);
}

sub events {
    my ($class, $scenario, $url, $app, $counters) = @_;
    my $ari = client($url);
    if ($scenario eq 'one-in-ten') {
        $ari->on_channel_event(StasisStart => $counters->{count});
    }
    elsif ($scenario =~ /\Aobjects?\z/) {
        my $handlers = $scenario eq 'objects' ? 5000 : 1;
        $ari->object(Channel => "bench-$_")->on_event(StasisStart => $counters->{count}) for 0 .. $handlers - 1;
    }
    else {
        # All that the server sends, without what the library tells of the connection itself.
        $ari->on_event($_ => $counters->{ $scenario eq 'fields' ? 'methods' : 'count' })
            for qw(ChannelDtmfReceived ChannelStateChange ChannelVarset StasisStart);
    }
    $ari->run(apps => [$app]);
    return;
}

sub connected {
    my ($class, $url, $app) = @_;
    my $ari = client($url);
    return [$ari, $ari->start(apps => [$app])];
}

# With a code reference it is called with what comes.
my %CALLS = (
    small => sub { $_[0]->asterisk->get_info(only => 'system', @_ > 1 ? $_[1] : ()) },
    list  => sub { $_[0]->channels->list(@_ > 1 ? $_[1] : ()) },
);

sub one_by_one {
    my ($class, $url, $what) = @_;
    my $ari  = client($url);
    my $call = $CALLS{$what};
    return sub { $call->($ari) };
}

sub at_once {
    my ($class, $url, $what) = @_;
    my $ari  = client($url);
    my $call = $CALLS{$what};
    return (
        sub {
            my ($done) = @_;
            $call->($ari, sub { die $_[0] if defined $_[0]; $done->() });
        },
        sub {
            my ($finished) = @_;
            my $select = IO::Select->new($ari->fd);
            while (!$$finished) {
                $select->can_read;
                $ari->dispatch;
            }
        },
    );
}

1;
