package Asterisk::ARI::Drain;

use strict;
use warnings;

use Asterisk::ARI::Native ();

my ($BATCH, $END, $FAILED) = (1 .. 3);

# While handlers come and go batches are matched anew; after so many events other things have their turn.
my $TURN = 1000;

# One event connection: takes events out of it and calls their handlers. The client keeps it and passes itself along.
#   items       the rest of the batch, five slots an event
#   last        sequence of the event whose handlers ran last in this batch
#   seen        sequence of the last event whose handlers ran at all
#   generation  of the client's subscriptions when the batch was taken
#   busy        an event is being handled, or somebody takes them one by one: serve leaves them alone
#   missed      news that came meanwhile
#   reminded    the port has been told to tell of the rest of the batch
#   given       an event whose handlers have run, for who takes them one by one
#   watchers    how many wait for the end and will tell how it ended
sub new {
    my ($class, $native, $ticket, $file, $line) = @_;
    return bless {
        native   => $native,
        ticket   => $ticket,
        file     => $file,
        line     => $line,
        items    => [],
        seen     => 0,
        missed   => 0,
        watchers => 0,
        on_end   => [],
    }, $class;
}

sub close {
    my ($self) = @_;
    Asterisk::ARI::Native::stream_close($self->{native}) if $self->{native};
    return;
}

# Takes the next batch, if there is one.
sub fill {
    my ($self, $client) = @_;
    return if $self->{ended};
    $self->{generation} = Asterisk::ARI::Native::client_generation($client->{native});
    undef @$self{qw(last reminded)};
    my ($kind, $value) = Asterisk::ARI::Native::stream_next($self->{native});
    if ($kind == $BATCH) {
        $self->{items} = $value;
    }
    elsif ($kind == $END) {
        $self->_ended($client);
    }
    elsif ($kind == $FAILED) {
        $self->_ended($client, Asterisk::ARI::Exception->_of_json($value, $self->{file}, $self->{line}));
    }
    return;
}

# After a change of the handlers, what is left of the batch (also what nobody wanted before) is put back, to be matched
# again. True if it was.
sub rematch {
    my ($self, $client) = @_;
    return 0 if !defined $self->{last};
    return 0 if $self->{generation} == Asterisk::ARI::Native::client_generation($client->{native});
    $self->_put_back;
    return 1;
}

sub _put_back {
    my ($self) = @_;
    Asterisk::ARI::Native::stream_rewind($self->{native}, $self->{seen}) unless $self->{ended};
    $self->{items} = [];
    undef $self->{last};
    return;
}

# Calls the handlers of the next event of the batch, and gives the event. They are complete before the first is called: what
# that one adds or takes back counts from the next event.
sub step {
    my ($self, $client) = @_;
    my ($sequence, $type, $text, $numbers, $objects) = splice @{ $self->{items} }, 0, 5;
    $self->{last} = $self->{seen} = $sequence;
    my $package = $Asterisk::ARI::Surface::EVENTS{$type} || 'Asterisk::ARI::Event';
    my $event = Asterisk::ARI::Data::_load_class($package)->_received($client, $type, $text, $objects);
    for my $entry ($client->{handlers}->of($numbers)) {
        my $done = eval {
            my @object = defined $entry->{class} ? $event->_object(@$entry{qw(class id)}) : ();
            Asterisk::ARI::Native::unheld($entry->{code}, @object, $event)
                unless $entry->{any} && @object && !defined $object[0];
            1;
        };
        next if $done;
        my $error = $@;
        next if eval { $client->_report($error, $event); 1 };
        $error = $@;
        $self->_put_back;
        die $error;
    }
    return $event;
}

# Handles what there is, a batch at most. False if somebody else is at it, or if it is not open yet.
sub serve {
    my ($self, $client) = @_;
    if ($self->{busy} || !$self->{opened}) {
        $self->{missed} = 1;
        return 0;
    }
    my ($left, $looked) = ($TURN, 0);
    {
        local $self->{busy} = 1;
        while ($left > 0 && (!$looked || $self->{missed})) {
            $self->{missed} = 0;
            if (!@{ $self->{items} }) {
                $self->fill($client);
                $looked = 1;
            }
            while (@{ $self->{items} }) {
                $self->step($client);
                $left--;
                $self->fill($client) if $self->rematch($client) && $left > 0;
            }
        }
    }
    # A handler may have dispatched, and so taken the news that there is more.
    $self->again if $self->{missed} || !$looked;
    return 1;
}

# Waits for the next event until a time (undef: for ever), and gives it once its handlers have been called. Undef at the
# end or when the time is up. What else comes for the client meanwhile is dispatched, but for the events of other
# connections if there is a list for them.
sub take {
    my ($self, $client, $until, $held) = @_;
    Asterisk::ARI::Native::client_check($client->{native});
    my $done = eval {
        local $self->{busy} = 1;
        local $self->{watchers} = $self->{watchers} + 1;
        until ($self->{ended} || $self->{given}) {
            Asterisk::ARI::Native::held(\&_look, $self, $client, $held);
            last if $self->{ended} || $self->{given} || !$client->_wait($until);
        }
        1;
    };
    my $died = $@;
    # A handler may have dispatched, and so taken the news that there is more.
    $self->again if $self->{missed};
    die $died if !$done;
    return delete $self->{given} if $self->{given};
    # It is told once; on_end goes on to know it.
    die $self->{error} if defined $self->{error} && !$self->{told}++;
    return undef;
}

# Handles an event, if there is one, and keeps it for who takes them.
sub _look {
    my ($self, $client, $held) = @_;
    $self->rematch($client);
    if (!@{ $self->{items} }) {
        $client->_dispatch($held);
        $self->{missed} = 0;
        $self->fill($client);
    }
    $self->{given} = $self->step($client) if @{ $self->{items} };
    # The rest may be for the event loop.
    Asterisk::ARI::Native::stream_remind($self->{native}) if @{ $self->{items} } && !$self->{reminded}++;
    return;
}

sub _ended {
    my ($self, $client, $error) = @_;
    $self->{error} = $error;
    $self->forget($client);
    $self->tell_end($client);
    return;
}

# Ends it on this side.
sub forget {
    my ($self, $client) = @_;
    $self->{ended} = 1;
    delete $self->{native};
    delete $client->{drains}{ $self->{ticket} };
    return;
}

# The connection is made. What came before is told of again.
sub opened {
    my ($self) = @_;
    $self->{opened} = 1;
    $self->again if $self->{missed};
    return;
}

# Has the port tell once more of what nobody has looked at.
sub again {
    my ($self) = @_;
    if ($self->{busy}) {
        $self->{missed} = 1;
    }
    elsif (!$self->{ended}) {
        Asterisk::ARI::Native::stream_remind($self->{native});
    }
    return;
}

# Tells those who want to know that it is over.
sub tell_end {
    my ($self, $client) = @_;
    my $error = $self->{error};
    my @on_end = splice @{ $self->{on_end} };
    $client->_call_back($_, $error) for @on_end;
    $client->_report($error) if defined $error && !@on_end && !$self->{watchers};
    return;
}

1;

__END__

=encoding UTF-8

=head1 NAME

Asterisk::ARI::Drain - takes events out of a connection and calls their handlers

=head1 DESCRIPTION

For L<Asterisk::ARI>'s own use; programs have an L<Asterisk::ARI::Stream>.

=cut
