package Bench::ByHand;

# What is written by hand on top of a WebSocket client: JSON is decoded, and the handler of the event's type is called.
use strict;
use warnings;

use Cpanel::JSON::XS ();

# Gives what takes the text of a frame.
sub handler {
    my ($scenario, $counters) = @_;
    my $json = Cpanel::JSON::XS->new->utf8;
    die "by hand there are one-in-ten, all and fields\n" if $scenario !~ /\A(?:one-in-ten|all|fields)\z/;
    if ($scenario eq 'one-in-ten') {
        my $count = $counters->{count};
        my %handlers = (StasisStart => sub { $count->(Bench::ByHand::Channel->new($_[0]{channel}), $_[0]) });
        return sub {
            my $event   = $json->decode($_[0]);
            my $handler = $handlers{ $event->{type} } or return;
            $handler->($event);
        };
    }
    my $handler = $counters->{ $scenario eq 'fields' ? 'hash' : 'count' };
    return sub { $handler->($json->decode($_[0])) };
}

package Bench::ByHand::Channel;

sub new {
    my ($class, $data) = @_;
    return bless { %$data }, $class;
}

1;
