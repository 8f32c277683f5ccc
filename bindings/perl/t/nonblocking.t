# Calls that do not wait: callbacks, called by dispatch.
use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use Helper;
use IO::Select;
use Test::More;

patience(120);
my $fake = Fake->start;
my $ari  = $fake->connect;
$fake->answer(GET => '/channels/c1', 200, channel('c1'));
$fake->answer(GET => '/channels/c2', 404, { message => 'Channel not found' });

# Dispatches until it holds.
sub until_it_holds {
    my ($holds) = @_;
    my $select = IO::Select->new($ari->fd);
    until ($holds->()) {
        $select->can_read;
        $ari->dispatch;
    }
    return;
}

subtest 'results and errors' => sub {
    my @got;
    $ari->channels->get('c1', sub { push @got, [@_] });
    is scalar @got, 0, 'not before dispatch';
    until_it_holds(sub { @got });
    is $got[0][0], undef, 'no error';
    is $got[0][1]->id, 'c1', 'the result';

    my $line = __LINE__ + 1;
    $ari->channels->get('c2', sub { push @got, [@_] });
    until_it_holds(sub { @got == 2 });
    isa_ok $got[1][0], 'Asterisk::ARI::Exception::NotFoundException', 'an error';
    is $got[1][0]->line, $line, 'with the line of the call';
    is $got[1][1], undef, 'and no result';

    @got = ();
    isa_ok error_of { $ari->channels->get('c1', colour => 1, sub { push @got, [@_] }); until_it_holds(sub { @got }); die $got[0][0] },
        'Asterisk::ARI::Exception::IllegalInputException', 'a refusal';

    @got = ();
    $ari->request(GET => '/channels/c1', sub { push @got, $_[1]{id} });
    $ari->object(Channel => 'c1')->get(sub { push @got, $_[1]->id });
    $ari->get_channel('c1', sub { push @got, $_[1]->id });
    until_it_holds(sub { @got == 3 });
    is_deeply \@got, [qw(c1 c1 c1)], 'of a request, of an object, of the client';
};

subtest 'many at once' => sub {
    my $done = 0;
    $ari->channels->get($_ % 2 ? 'c1' : 'c2', sub { $done++ }) for 1 .. 500;
    until_it_holds(sub { $done == 500 });
    pass 'all came';
};

subtest 'beside calls that wait' => sub {
    my @order;
    $fake->answer(POST => '/channels/c1/answer', { status => 204, delay => 0.3 });
    $ari->channels->answer('c1', sub { push @order, 'answered' });
    push @order, $ari->channels->get('c1')->id;
    push @order, 'waited';
    until_it_holds(sub { @order == 3 });
    is_deeply \@order, [qw(c1 waited answered)], 'the callback is called by dispatch and by nothing else';
};

subtest 'callbacks that call, and callbacks that die' => sub {
    my @got;
    $ari->channels->get(
        'c1',
        sub {
            my ($error, $channel) = @_;
            push @got, $ari->channels->get('c1')->id;
            $channel->get(sub { push @got, 'inner' });
        }
    );
    until_it_holds(sub { @got == 2 });
    is_deeply \@got, [qw(c1 inner)], 'a blocking call and another callback';

    my @told;
    local $SIG{__WARN__} = sub { push @told, @_ };
    @got = ();
    $ari->channels->get('c1', sub { die "bad callback\n" });
    until_it_holds(sub { @told });
    like $told[0], qr/bad callback/, 'a warning';
    $ari->channels->get('c1', sub { push @got, 1 });
    until_it_holds(sub { @got });
    pass 'and it goes on';
};

subtest 'an event connection' => sub {
    $fake->frames([ event('Tick', n => 1) ], 1000);
    my (@seen, $opened);
    $ari->on_event(Tick => sub { push @seen, $_[0]{n} });
    my $stream = $ari->start(apps => ['hello'], sub { $opened = [@_] });
    until_it_holds(sub { @seen });
    ok !$opened->[0], 'opened without an error';
    my $gone = Fake->start;
    my $left = $gone->connect;
    undef $gone;
    my $refused;
    $left->start(apps => ['hello'], sub { $refused = $_[0] });
    until ($refused) { IO::Select->new($left->fd)->can_read; $left->dispatch }
    isa_ok $refused, 'Asterisk::ARI::Exception::ConnectionException', 'one that cannot be';
};

subtest 'in run' => sub {
    $fake->frames([ event('Tick', n => 1) ], undef);
    my $other = $fake->connect;
    my $got;
    $other->on_event(Tick => sub { $other->channels->get('c1', sub { $got = $_[1]->id; $other->stop }) });
    $other->run(apps => ['hello']);
    is $got, 'c1', 'callbacks are called while run runs';
};

subtest 'a client that goes with calls under way' => sub {
    my $called = 0;
    my $other = $fake->connect;
    $other->channels->answer('c1', sub { $called++ });
    undef $other;
    is $called, 0, 'nothing is called';
};

done_testing;
