package Asterisk::ARI::Simulator::Call;

use strict;
use warnings;

use overload
    '""'     => sub { $_[0]{id} },
    bool     => sub { 1 },
    fallback => 1;

for my $field (qw(id name state hung_up cause cause_txt application bridge playing heard moh ringing silence held muted_in muted_out channel)) {
    no strict 'refs';
    *$field = sub { $_[0]{$field} };
}

sub _new {
    my ($class, $simulator, $facts) = @_;
    my $self = bless { simulator => $simulator }, $class;
    return $self->_know($facts);
}

# Wherever JSON is made of it, it is its id.
sub TO_JSON { return $_[0]{id} }

sub _know {
    my ($self, $facts) = @_;
    %$self = (simulator => $self->{simulator}, %$facts) if ref $facts eq 'HASH' && defined $facts->{id};
    return $self;
}

sub _path {
    my ($self, @more) = @_;
    my $id = $self->{id};
    utf8::encode($id);
    $id =~ s/([^A-Za-z0-9_.~-])/sprintf '%%%02X', ord $1/ge;
    return join '/', '/calls', $id, @more;
}

# Something that this party does. One value may be given without its name.
sub _do {
    my ($self, $what, $name, @given) = @_;
    unshift @given, $name if @given % 2;
    return $self->_know($self->{simulator}->command(POST => $self->_path($what), {@given}));
}

sub refresh {
    my ($self) = @_;
    return $self->_know($self->{simulator}->command(GET => $self->_path));
}

sub press   { my ($self, @given) = @_; return $self->_do('press',  'keys',        @given) }
sub hang_up { my ($self, @given) = @_; return $self->_do('hangup', 'cause',       @given) }
sub reject  { my ($self, @given) = @_; return $self->_do('reject', 'cause',       @given) }
sub hold    { my ($self, @given) = @_; return $self->_do('hold',   'music_class', @given) }
sub talk    { my ($self, @given) = @_; return $self->_do('talk',   'seconds',     @given) }
sub answer  { my ($self) = @_; return $self->_do('answer') }
sub ring    { my ($self) = @_; return $self->_do('ring') }
sub unhold  { my ($self) = @_; return $self->_do('unhold') }

sub expect {
    my ($self, @what) = @_;
    return $self->_know($self->{simulator}->command(POST => $self->_path('expect'), { Asterisk::ARI::Simulator::_pairs(@what) }));
}

sub expect_heard   { my ($self, $media, @more) = @_; return $self->expect(heard   => $media, @more) }
sub expect_playing { my ($self, $media, @more) = @_; return $self->expect(playing => $media, @more) }
sub expect_state   { my ($self, $state, @more) = @_; return $self->expect(state   => $state, @more) }
sub expect_hung_up { my ($self, @more) = @_; return $self->expect(hung_up => 1, @more) }

sub expect_bridged {
    my ($self, @more) = @_;
    my $bridge = @more % 2 ? shift @more : \1;
    return $self->expect(bridge => $bridge, @more);
}

1;

__END__

=encoding UTF-8

=head1 NAME

Asterisk::ARI::Simulator::Call - a telephone call in a test, from the telephone's side

=head1 SYNOPSIS

    my $call = $sim->call('1000', caller => 'Ann <123>');
    $call->expect_heard('sound:hello-world');
    $call->press('2#');
    $call->expect_hung_up;
    is $call->cause, 16;

=head1 DESCRIPTION

What C<call> and C<expect_call> of L<Asterisk::ARI::Simulator> give: one party of the application's, and its telephone. As a text, and as an argument
of the client's operations, it is the id of its channel. All methods but the getters give the call itself, with what is then known of it, or
die with a L<failure|Asterisk::ARI::Simulator::Failure>.

=head1 WHAT IT IS

C<id>, C<name> and C<state> of its channel; C<application>, where it is in one, and C<bridge> (id), where it is in one; C<playing> and C<heard>: what is
played to it, and what was, to its end (arrays of media such as C<sound:hello-world>); C<moh>: the class of the music on hold that it hears, if it does; true where it is
so: C<ringing> (it is made to hear that), C<silence> (the application plays that), C<held>, C<muted_in> (what it says) and C<muted_out> (what it would hear); C<hung_up>, C<cause> and C<cause_txt>; C<channel>: as ARI has it. That is how it was when
it was last asked:

=head2 refresh

Asks anew. Calls that are over are still known.

=head1 WHAT THE TELEPHONE DOES

=head2 press

    $call->press('12#');
    $call->press('*', duration => 500, gap => 100);

Presses keys, one after the other; times in milliseconds of the simulated time. Waits until the last of them was let go.

=head2 hang_up

    $call->hang_up;
    $call->hang_up(cause => 16);

=head2 answer, reject, ring

    my $call = $sim->expect_call('PJSIP/bob');
    $call->answer;
    $call->reject(17);              # busy; 21 without a cause

What a telephone does that is called. C<ring> is for one that does nothing by itself (C<< on_call => 'silent' >>).

=head2 hold, unhold

    $call->hold(music_class => 'default');
    $call->unhold;

=head2 talk

    $call->talk(2);

Speaks for so many seconds of the simulated time. The application is told if it has set C<TALK_DETECT>.

=head1 WHAT IS EXPECTED OF IT

=head2 expect

    $call->expect(state => 'Up', application => 'ivr', within => 5);

Waits, five seconds unless C<within> says otherwise, until all of it is so: C<state>, C<hung_up>, C<application>, C<bridge>, C<heard>, C<playing>,
C<moh> (a class, or C<\1> for any, undef for none).

=head2 expect_heard, expect_playing

    $call->expect_heard('sound:hello-world');
    $call->expect_playing('sound:demo-instruct', within => 1);

This was played to the call, to its end; this is being played.

=head2 expect_state

    $call->expect_state('Up');

=head2 expect_hung_up

    $call->expect_hung_up;

=head2 expect_bridged

    $call->expect_bridged;
    $call->expect_bridged($bridge, within => 1);

The call is in a bridge, or in this one.

=cut
