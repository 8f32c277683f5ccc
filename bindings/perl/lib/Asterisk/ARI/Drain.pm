package Asterisk::ARI::Drain;

use strict;
use warnings;

use Asterisk::ARI::Native ();

my ($END, $FAILED) = (2, 3);

# While handlers come and go batches are matched anew; after so many events other things have their turn.
my $TURN = 1000;

# More than a batch ever holds.
my $ALL = ~0;

# What events.c has found out: by type of events [package, type, {class of objects => [fields]}], and by class of objects its package.
our (%TYPES, %PACKAGES);

# One event connection: takes events out of it and calls their handlers. The client keeps it and passes itself along.
#   cursor      the batch, and how far it has been handled
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
        cursor   => Asterisk::ARI::Native::cursor_new(),
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
    undef $self->{reminded};
    my ($kind, $error) = Asterisk::ARI::Native::cursor_fill(@$self{qw(cursor native)});
    if ($kind == $END) {
        $self->_ended($client);
    }
    elsif ($kind == $FAILED) {
        $self->_ended($client, Asterisk::ARI::Exception->_of_json($error, $self->{file}, $self->{line}));
    }
    return;
}

# After a change of the handlers, what is left of the batch (also what nobody wanted before) is put back, to be matched
# again. True if it was.
sub rematch {
    my ($self, $client) = @_;
    return 0 if !Asterisk::ARI::Native::cursor_is_stale($self->{cursor}, $client->{native});
    $self->_put_back;
    return 1;
}

sub _put_back {
    my ($self) = @_;
    my $seen = Asterisk::ARI::Native::cursor_drop($self->{cursor});
    Asterisk::ARI::Native::stream_rewind($self->{native}, $seen) unless $self->{ended};
    return;
}

sub left { return Asterisk::ARI::Native::cursor_left($_[0]{cursor}) }

# Calls the handlers of the next events of the batch, of so many at most. Gives their number, and the last if it is that many.
sub handle {
    my ($self, $client, $most, $heed_signals) = @_;
    my ($handled, $event, @error) =
        Asterisk::ARI::Native::cursor_handle($self->{cursor}, $client->{native}, $client, $most, $heed_signals);
    return ($handled, $event) if !@error;
    $self->_put_back;
    die $error[0];
}

# What events.c asks.

sub _type_of {
    my ($type) = @_;
    my $package = $Asterisk::ARI::Surface::EVENTS{$type};
    my $known = Asterisk::ARI::Data::_load_class($package || 'Asterisk::ARI::Event');
    my @objects = @{ $known->_about->{objects} || [] };
    # Those first that are always there.
    my %fields;
    push @{ $fields{ $_->[1] } }, $_->[0] for sort { $b->[2] <=> $a->[2] } @objects;
    my $about = [$known, $type, \%fields];
    $TYPES{$type} = $about if $package;
    return $about;
}

sub _package_of {
    my ($class) = @_;
    return $PACKAGES{$class} = Asterisk::ARI::Data::_load_class("Asterisk::ARI::Object::$class");
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
            if (!$self->left) {
                $self->fill($client);
                $looked = 1;
            }
            while ($self->left) {
                Asterisk::ARI::Native::client_check($client->{native});
                my ($handled) = $self->handle($client, $ALL, 0);
                $left -= $handled;
                $self->fill($client) if $self->rematch($client) && $left > 0;
            }
        }
    }
    # A handler may have dispatched, and so taken the news that there is more.
    $self->again if $self->{missed} || !$looked;
    return 1;
}

# Waits for the next event until a time (undef: for ever), and gives it once its handlers have been called; with `all` something true
# once those of all events that are there have been. Undef at the end or when the time is up. What else comes for the client meanwhile is dispatched, but for the events of other
# connections if there is a list for them.
sub take {
    my ($self, $client, %how) = @_;
    my $until = $how{until};
    Asterisk::ARI::Native::client_check($client->{native});
    my $done = eval {
        local $self->{busy} = 1;
        local $self->{watchers} = $self->{watchers} + 1;
        until ($self->{ended} || $self->{given}) {
            Asterisk::ARI::Native::held(\&_look, $self, $client, \%how);
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

# Handles an event, or all, if there is one, and keeps it for who takes them.
sub _look {
    my ($self, $client, $how) = @_;
    $self->rematch($client);
    if (!$self->left) {
        $client->_dispatch($how->{held});
        $self->{missed} = 0;
        $self->fill($client);
    }
    if ($self->left) {
        my ($handled, $event) = $self->handle($client, $how->{all} ? ($ALL, 1) : (1, 0));
        $self->{given} = $how->{all} ? $handled : $event;
    }
    # The rest may be for the event loop.
    Asterisk::ARI::Native::stream_remind($self->{native}) if $self->left && !$self->{reminded}++;
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
