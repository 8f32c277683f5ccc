package Asterisk::ARI::Simulator;

use 5.016;
use strict;
use warnings;

use Scalar::Util ();
use Time::HiRes ();

use Asterisk::ARI ();
use Asterisk::ARI::Simulator::Call ();
use Asterisk::ARI::Simulator::Failure ();
use Asterisk::ARI::Simulator::Program ();
use Asterisk::ARI::Simulator::Request ();

# A command is answered when it is done, which takes what it is given for it, and then at most this long.
my $PATIENCE = 300;

# How long nothing may come that is not to come, in seconds.
my $QUIET = 0.5;

# How often to look where nothing wakes us, in seconds.
my $SLICE = 0.02;

# What JSON has types for, whatever it looks like in Perl. Everything else is text, and so are, or are not, the members of these.
my %NUMBER  = map { $_ => 1 } qw(after booting cause code control_port delay down duration gap loading port seconds speed status times within);
my %BOOLEAN = map { $_ => 1 } qw(hung_up performed wait);
my %INSIDE  = (args => 'text', caller => 'text', variables => 'text', sounds => 'seconds', phones => 'phone');
my %NULL    = map { $_ => 1 } qw(application bridge moh times);

# What belongs to the thread that made it: the copy in another thread has none.
sub Asterisk::ARI::Simulator::Owner::CLONE_SKIP { return 1 }

sub new {
    my ($class, @options) = @_;
    Asterisk::ARI::Exception->_refuse('options are given as pairs of name and value', 'simulator') if @options % 2;
    my %options = @options;
    my $self = bless {
        pid      => $$,
        owner    => bless({}, 'Asterisk::ARI::Simulator::Owner'),
        clients  => [],
        served   => [],
        programs => [],
    }, $class;
    if (defined(my $control_url = delete $options{control_url})) {
        Asterisk::ARI::Exception->_refuse('what runs already has its options: ' . join(', ', sort keys %options), 'simulator')
            if %options;
        $self->{control_url} = $control_url;
        my $about = $self->about;
        @$self{qw(url username password)} = @$about{qw(url username password)};
        return $self;
    }
    $self->{native} = Asterisk::ARI::Native::simulator_start(Asterisk::ARI::JSON::encode(_body(\%options)));
    %$self = (%$self, %{ Asterisk::ARI::JSON::decode(Asterisk::ARI::Native::simulator_facts($self->{native})) });
    return $self;
}

for my $fact (qw(url control_url username password)) {
    no strict 'refs';
    *$fact = sub { $_[0]{$fact} };
}

sub environment {
    my ($self) = @_;
    return (ARI_URL => $self->url, ARI_USERNAME => $self->username, ARI_PASSWORD => $self->password);
}

# The application under test.

sub connect {
    my ($self, %options) = @_;
    $self->_check;
    my $ari = Asterisk::ARI->connect(url => $self->url, username => $self->username, password => $self->password, %options);
    return $self->_know($ari);
}

sub serve {
    my ($self, $ari, @opening) = @_;
    $self->_check;
    $self->_know($ari) if !grep { defined && $_ == $ari } @{ $self->{clients} };
    push @{ $self->{served} }, $ari;
    return @opening ? $ari->start(@opening) : undef;
}

# Its events are handled while a test waits, for as long as there is somebody else who has it.
sub _know {
    my ($self, $ari) = @_;
    my $clients = $self->{clients};
    @$clients = (grep({ defined } @$clients), $ari);
    Scalar::Util::weaken($_) for @$clients;
    $ari->attach(@{ $self->{loop} }) if $self->{loop} && !$ari->{loop};
    return $ari;
}

sub attach {
    my ($self, @loop) = @_;
    $self->{loop} = \@loop;
    $_->attach(@loop) for grep { defined && !$_->{loop} } @{ $self->{clients} };
    # Whether there is such a loop is for a client to say.
    $self->{attached} = Asterisk::ARI->new(url => $self->url, username => '', password => '')->attach(@loop);
    return $self;
}

sub run_program {
    my ($self, @command) = @_;
    $self->_check;
    my $program = Asterisk::ARI::Simulator::Program->_new({ $self->environment }, @command);
    push @{ $self->{programs} }, $program;
    return $program;
}

sub wait_until {
    my ($self, $code, %options) = @_;
    $self->_check;
    my $within = $options{within} // 5;
    my $until = Asterisk::ARI::Client::_now() + $within;
    until ($code->()) {
        $self->_fail("expected something to be so within $within s, but it is not") if Asterisk::ARI::Client::_now() >= $until;
        $self->_turn(undef, $SLICE);
    }
    return 1;
}

# People at telephones.

sub call {
    my ($self, @call) = @_;
    my %call = _pairs(@call % 2 ? (exten => @call) : @call);
    if (defined $call{caller} && !ref $call{caller}) {
        my ($name, $number) = $call{caller} =~ /\A\s*"?(.*?)"?\s*<([^<>]*)>\s*\z/ ? ($1, $2) : ('', $call{caller});
        $call{caller} = { name => $name, number => $number };
    }
    return Asterisk::ARI::Simulator::Call->_new($self, $self->command(POST => '/calls', \%call));
}

sub expect_call {
    my ($self, $endpoint, @more) = @_;
    return Asterisk::ARI::Simulator::Call->_new($self, $self->command(POST => '/calls/expect', { endpoint => $endpoint, _pairs(@more) }));
}

sub calls {
    my ($self) = @_;
    return [ map { Asterisk::ARI::Simulator::Call->_new($self, $_) } @{ $self->command(GET => '/calls') } ];
}

sub phone {
    my ($self, $name, @does) = @_;
    utf8::encode($name);
    $name =~ s{([^A-Za-z0-9/_.~-])}{sprintf '%%%02X', ord $1}ge;
    $self->command(PUT => "/phones/$name", { _pairs(@does) });
    return $self;
}

sub phones { return $_[0]->command(GET => '/phones') }

# What happened, and what should.

sub requests {
    my ($self, @which) = @_;
    my $operation = @which % 2 ? shift @which : undef;
    my $records = $self->_records('/requests', @which);
    return defined $operation ? [ grep { ($_->{operation} // '') eq $operation } @$records ] : $records;
}

sub events {
    my ($self, @which) = @_;
    my $type = @which % 2 ? shift @which : undef;
    my $records = $self->_records('/events', @which);
    return defined $type ? [ grep { $_->{event}{type} eq $type } @$records ] : $records;
}

sub _records {
    my ($self, $path, %options) = @_;
    my $after = _number_of($options{after});
    return $self->command(GET => $path . (defined $after ? "?after=$after" : ''));
}

# A record stands for its number.
sub _number_of { return ref $_[0] eq 'HASH' ? $_[0]{seq} : $_[0] }

sub expect_request    { my ($self, @what) = @_; return $self->_expect('/expect', 'operation', 'arguments', @what) }
sub expect_event      { my ($self, @what) = @_; return $self->_expect('/expect', 'type',      'fields',    @what) }
sub expect_no_request { my ($self, @what) = @_; return $self->_expect_none('operation', 'arguments', @what) }
sub expect_no_event   { my ($self, @what) = @_; return $self->_expect_none('type',      'fields',    @what) }

sub _expect_none {
    my ($self, $kind, $members, $name, @more) = @_;
    my @part = ref $more[0] eq 'HASH' ? shift @more : ();
    $self->_expect('/expect/none', $kind, $members, $name, @part, within => $QUIET, @more);
    return 1;
}

sub _expect {
    my ($self, $path, $kind, $members, $name, @more) = @_;
    my @part = ref $more[0] eq 'HASH' ? ($members => shift @more) : ();
    my %more = _pairs(@more);
    $more{after} = _number_of($more{after}) if exists $more{after};
    return $self->command(POST => $path, { $kind => $name, @part, %more });
}

# What goes wrong.

sub fail {
    my ($self, $operation, @more) = @_;
    my @part = ref $more[0] eq 'HASH' ? shift @more : ();
    my %more = _pairs(@more);
    $more{status} //= 500 if !defined $more{cut};
    return $self->_fault([], $operation, @part, %more);
}

sub delay {
    my ($self, @fault) = @_;
    return $self->_fault(['delay'], @fault);
}

sub cut {
    my ($self, @fault) = @_;
    return $self->_fault(['cut'], @fault);
}

# What comes after the operation, and its arguments if they matter, has these names.
sub _fault {
    my ($self, $names, $operation, @more) = @_;
    my @part = ref $more[0] eq 'HASH' ? (arguments => shift @more) : ();
    my @named = map { ($_ => shift @more) } @$names;
    $self->command(POST => '/faults', { operation => $operation, @part, _pairs(@named, @more) });
    return $self;
}

sub faults { return $_[0]->command(GET => '/faults') }

sub clear_faults {
    my ($self) = @_;
    $self->command(DELETE => '/faults');
    return $self;
}

for my $method (
    [drop              => 'drop'],
    [reset_connections => 'reset'],
    [close_connections => 'close'],
    [silence           => 'silence'],
    [resume            => 'resume'],
    )
{
    my ($name, $happening) = @$method;
    no strict 'refs';
    *$name = sub {
        my ($self, @how) = @_;
        unshift @how, 'application' if @how % 2;
        return $self->command(POST => '/connections', { do => $happening, @how });
    };
}

for my $command (qw(restart start stop reset)) {
    no strict 'refs';
    *$command = sub { my ($self, @how) = @_; $self->command(POST => "/$command", { _pairs(@how) }); return $self };
}

sub speed {
    my ($self, @speed) = @_;
    return $self->about->{speed} if !@speed;
    $self->command(POST => '/speed', { speed => $speed[0] });
    return $self;
}

sub send_event {
    my ($self, $application, $event) = @_;
    $self->command(POST => '/event', { application => $application, event => $event });
    return $self;
}

sub about { return $_[0]->command(GET => '/') }

# Commands.

sub command {
    my ($self, $method, $path, $body) = @_;
    $self->_check;
    $body = _body($body) if $body;
    my $until = Asterisk::ARI::Client::_now() + $PATIENCE + ($body && $body->{within} || 0);
    my $request = Asterisk::ARI::Simulator::Request->new($self->{control_url}, $method, $path, $body);
    until ($request->is_done) {
        my $left = $until - Asterisk::ARI::Client::_now();
        $self->_fail('the simulator does not answer') if $left <= 0;
        $self->_turn($request, $left);
    }
    my ($status, $value) = $request->answer;
    return $value if $status == 200;
    $self->_fail(ref $value eq 'HASH' && $value->{message} // "the simulator answered with status $status", $status);
}

sub _pairs {
    my (@given) = @_;
    Asterisk::ARI::Exception->_refuse('what a command is told is pairs of name and value', 'simulator') if @given % 2;
    return @given;
}

# Members as JSON has them. Undef is "not given", but where it says something: for ever, in no application, in no bridge.
sub _body {
    my ($members) = @_;
    my %body = %{ Asterisk::ARI::Exception->_plain('a value', $members, 'simulator') };
    for my $name (keys %body) {
        if (defined $body{$name}) {
            $body{$name} = _typed($name, $body{$name});
        }
        elsif (!$NULL{$name}) {
            delete $body{$name};
        }
    }
    return \%body;
}

sub _typed {
    my ($name, $value) = @_;
    if (my $kind = $INSIDE{$name}) {
        # A list holds names, whatever the members of a hash are.
        return [ map { _typed('text', $_) } @$value ] if ref $value eq 'ARRAY';
        return { map { ($_ => _typed($kind, $value->{$_})) } keys %$value } if ref $value eq 'HASH';
    }
    return $name eq 'phone' && ref $value eq 'HASH' ? _body($value) : $value if ref $value || !defined $value;
    return $value ? \1 : \0 if $BOOLEAN{$name};
    return $NUMBER{$name} && Scalar::Util::looks_like_number($value) ? 0 + $value : "$value";
}

sub _fail {
    my ($self, $message, $status) = @_;
    Asterisk::ARI::Simulator::Failure->throw(
        message => join("\n", $message, map { $_->_end } @{ $self->{programs} }),
        status  => $status,
    );
}

# Handles the application's events, and what comes for a request, once there is something, or after some seconds.
sub _turn {
    my ($self, $request, $seconds) = @_;
    my @clients = grep { defined } @{ $self->{clients} };
    my ($loop) = map { $_->{loop} || () } @clients, $self->{attached} || ();
    if ($loop && !grep { $_->{loop} && !$_->{loop}->may_turn } @clients) {
        my @apart = grep { !$_->{loop} } @clients;
        $seconds = $SLICE if $seconds > $SLICE && @apart;
        $request->attach(ref $loop, $loop->{loop}) if $request && !$request->loop;
        ($request ? $request->loop : $loop)->turn($seconds);
        $_->dispatch for @apart;
        return;
    }
    my @waiting = map { [ $_->fd, $_ ] } @clients, $request || ();
    my $descriptors = '';
    vec($descriptors, $_->[0], 1) = 1 for @waiting;
    return if select(my $ready = $descriptors, undef, undef, $seconds) <= 0;
    $_->[1]->dispatch for grep { vec $ready, $_->[0], 1 } @waiting;
    return;
}

# In a child made by fork, or in another thread, all of it belongs to somebody else.
sub _is_ours { return $_[0]{pid} == $$ && Scalar::Util::blessed($_[0]{owner}) }

sub _check {
    my ($self) = @_;
    return if $self->_is_ours && !$self->{closed};
    Asterisk::ARI::Exception->_refuse($self->{closed} ? 'the simulator was closed'
        : 'the simulator belongs to the process and the thread that made it; another one makes its own, with control_url => $sim->control_url', 'simulator');
}

sub close {
    my ($self) = @_;
    return if !$self->_is_ours || $self->{closed}++;
    $_->stop for splice @{ $self->{programs} };
    $_->close for grep { defined } @{ $self->{clients} };
    @$self{qw(clients served)} = ([], []);
    delete @$self{qw(attached native)};
    return;
}

sub DESTROY {
    my ($self) = @_;
    local ($@, $!, $?);
    return $self->close if ${^GLOBAL_PHASE} ne 'DESTRUCT';
    # Objects go in any order now; processes do not go by themselves.
    if ($self->{pid} == $$) {
        $_->stop for grep { defined } @{ $self->{programs} || [] };
    }
    return;
}

1;

__END__

=encoding UTF-8

=head1 NAME

Asterisk::ARI::Simulator - tests of applications without an Asterisk

=head1 SYNOPSIS

    use Test::More;
    use Asterisk::ARI::Simulator;
    use My::IVR;

    my $sim = Asterisk::ARI::Simulator->new;
    my $ari = $sim->connect;
    My::IVR::register($ari);                            # the application's own handlers
    $sim->serve($ari, apps => ['hello']);

    my $call = $sim->call('1000', caller => 'Ann <123>');
    $call->expect_heard('sound:hello-world');
    $call->press('2');
    ok $sim->expect_request('channels.play', { media => 'sound:digits/2' });
    $call->press('#');
    $call->expect_hung_up;
    done_testing;

=head1 DESCRIPTION

A simulated Asterisk in the process of the test: the whole ARI with state that is known, and the people at the telephones. It listens on
loopback, and time passes ten times as fast. F<docs/simulator.md> of the repository says what it is like. What is expected and does not come about
dies with a L<failure|Asterisk::ARI::Simulator::Failure> that says what happened instead.

=head1 THE APPLICATION UNDER TEST

What waits below (all but the getters) also lets the application go on, wherever that is:

=over

=item in the test, with a client of its own

    my $ari = $sim->connect;                            # or a client that the application made: $sim->serve($ari)
    $sim->serve($ari, apps => ['hello']);

Its handlers are called while the test waits, and only then.

=item in the test, in an event loop

    $sim->attach('Mojo');
    my $app = My::App->new(url => $sim->url, ...);      # attaches its client itself

The loop runs while the test waits.

=item a program of its own

    $sim->run_program($^X, 'ivr.pl');

It finds the simulator by C<ARI_URL>, C<ARI_USERNAME> and C<ARI_PASSWORD>. This is the way for what calls C<< $ari->run >> itself.

=back

=head1 METHODS

Most take pairs of name and value, and give the simulator itself if they have nothing else to give. C<within> is how long to wait, in seconds of
the test's own time (5).

=head2 new

    my $sim = Asterisk::ARI::Simulator->new(
        phones => { 'PJSIP/carol' => 'busy', 'PJSIP/dave' => { on_call => 'answer', after => 2 } },
        sounds => { 'my/menu' => 2.5 },
        speed  => 100,
    );

Starts a simulator. It ends with C<close>, or when nothing refers to it any more. Options:

    host            127.0.0.1    address to listen on
    port, control_port   0       for ARI and for these commands; 0: free ones
    username, password   hey, peekaboo      may do everything
    read_only_username, read_only_password  reader, readonly
    speed           10           seconds of telephony in one second
    dialplan                     the text of an extensions.conf; 1000 leads to the application hello without one
    phones                       the telephones there are, with what each does (see phone); PJSIP/alice and PJSIP/bob without it
    sounds                       names of sounds with their seconds, or a list of names, of one second each; besides the
                                 usual ones; '*' lets every one exist
    version                      what it says it is

    my $sim = Asterisk::ARI::Simulator->new(control_url => 'http://127.0.0.1:40001');

Starts nothing, and is for a program C<ari-simulator> that runs already.

=head2 url, control_url, username, password

Where it is.

=head2 environment

    local %ENV = (%ENV, $sim->environment);

C<ARI_URL>, C<ARI_USERNAME> and C<ARI_PASSWORD>, as a list of pairs.

=head2 connect

    my $ari = $sim->connect(%options);

An L<Asterisk::ARI> client of it, with the options of that. Its events are handled while the test waits, for as long as the program keeps it.

=head2 serve

    my $stream = $sim->serve($ari, apps => ['hello']);
    $sim->serve($ari);

Handles the events of a client while the test waits, and keeps it until the simulator is closed. With C<apps> it also opens their event
connection, as C<< $ari->start >> does.

=head2 attach

    $sim->attach('Mojo');
    $sim->attach(IOAsync => $loop);
    $sim->attach('AnyEvent');

Runs an event loop while the test waits. It need not be asked for if a client of C<connect> or C<serve> is attached to one. A test that is itself called by the
loop blocks it; such an application is better run as a program.

=head2 run_program

    my $program = $sim->run_program($^X, 'ivr.pl', '--verbose');

Starts an application that is a program, and gives an L<Asterisk::ARI::Simulator::Program>. It ends with the simulator. What it prints goes to
standard error. A failure says so if it has ended before.

=head2 wait_until

    $sim->wait_until(sub { @calls == 2 }, within => 5);

Lets the application go on until something holds. Dies if it does not.

=head2 close

Ends the programs, closes the clients of C<connect> and C<serve>, and ends the simulator.

=head1 CALLS

=head2 call

    my $call = $sim->call('1000');
    my $call = $sim->call(exten => '1000', context => 'default', endpoint => 'PJSIP/alice', caller => 'Ann <123>', variables => { LANG => 'de' });
    my $call = $sim->call(app => 'hello', args => ['en']);

Somebody calls an extension of the dialplan, or an application directly; from outside, on the line C<PJSIP/trunk>, without C<endpoint>. Waits until the application is connected, and gives an
L<Asterisk::ARI::Simulator::Call>. There is C<id>, too.

=head2 expect_call

    my $call = $sim->expect_call('PJSIP/bob');
    $call->answer;

Waits for a call that the application makes to this telephone.

=head2 calls

All calls that there are.

=head2 phone

    $sim->phone('PJSIP/carol', on_call => 'busy', after => 2, state => 'online');

What a telephone does when it is called: C<ring> until the test answers or rejects the call, C<answer>, C<busy>, C<decline>, C<silent>; after how many (simulated)
seconds; and whether it is C<online>, C<offline> or C<unknown>. It exists from then on. C<phones> gives all of them.

=head1 EXPECTATIONS

=head2 expect_request, expect_event

    my $record = $sim->expect_request('channels.play', { media => 'sound:hello-world' }, within => 5);
    my $record = $sim->expect_event('StasisEnd', { channel => $call }, application => 'hello');
    is $record->{status}, 201;

Waits for a request of the application with these arguments at least, or for an event with these members at least, and gives its record. It may have come
before. A record meets one expectation only. Also: C<status>, how the request was answered; C<after>, only what came after this
record (or its number).

=head2 expect_no_request, expect_no_event

    $sim->expect_no_request('channels.hangup', within => 2);

The same, and it may not come within that time (half a second). True.

=head2 requests, events

    is_deeply [map { $_->{arguments}{media} } @{ $sim->requests('channels.play') }], ['sound:hello-world'];
    my $events = $sim->events('ChannelDtmfReceived', after => $record);

What happened so far, all of it or of one operation or type. A request's record has C<seq>, C<at>, C<operation>, C<method>, C<target>, C<arguments>, C<status> and C<message>; that of an event C<seq>, C<at>,
C<application>, C<event> and C<delivered>.

=head1 WHAT GOES WRONG

=head2 fail, delay, cut

    $sim->fail('channels.play', status => 503, message => 'no codec', times => 2);
    $sim->delay('channels.get', 3);
    $sim->cut('channels.originate', 'reset', performed => 1);
    $sim->fail('channels.play', { media => 'sound:hello-world' }, status => 404, delay => 1);
    $sim->fail('*', status => 503, times => undef);

What happens to the next request (or so many C<times>; undef: for ever) of an operation, or of all: this answer (500 without a C<status>); so many seconds before it; the
end of its connection, by C<close>, C<reset> or C<silence> (nothing comes any more). With C<performed> what was asked is done, and only the answer is lost.

=head2 faults, clear_faults

Those that are still to come; none any more.

=head2 drop, reset_connections, close_connections, silence, resume

    $sim->drop;
    $sim->close_connections('hello', code => 1011);

The connections for events, of one application or all of them, end without a word, by a reset, or by a close frame; or nothing comes through
them any more, and does again. Gives how many there were.

=head2 restart

    $sim->restart(down => 0.2, loading => 0.1, booting => 0.2, wait => 1);

Asterisk is restarted: connections are refused for so long, then everything is 404, then 503. What was going on is forgotten.

=head2 stop, start

It goes away, and comes back.

=head2 send_event

    $sim->send_event(hello => { type => 'NewInAsterisk24', channel => { id => $call->id } });

Sends an event to an application, as it stands.

=head2 reset

Everything is as at the start, log and faults included. Connections stay.

=head2 speed

    $sim->speed(100);

Sets how many seconds of telephony pass in one, and gives it without an argument.

=head2 about

What it says about itself: C<version>, C<speed>, C<mode>, C<applications> that are connected, C<channels>.

=head2 command

    my $value = $sim->command(POST => '/speed', { speed => 100 });

Any other command of F<docs/simulator.md>.

=head1 PROCESSES AND THREADS

The simulator belongs to the process and the thread that made it. In a child made by C<fork> its commands are refused, and letting go of it there does nothing; C<url>,
C<username> and C<password> may be used, or another one made for it: C<< Asterisk::ARI::Simulator->new(control_url => $sim->control_url) >>.

=cut
