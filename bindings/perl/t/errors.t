# Errors: which there are, what they tell, and how they are thrown and caught.
use strict;
use warnings;
use utf8;

use FindBin;
use lib "$FindBin::Bin/lib";
use Helper;
use Test::More;

patience(120);
my $fake = Fake->start;
my $ari  = $fake->connect;

my %class = (
    400 => 'IllegalInputException',
    401 => 'UnauthorizedException',
    403 => 'ForbiddenException',
    404 => 'NotFoundException',
    405 => 'ClientErrorException',
    409 => 'IllegalStateException',
    412 => 'PreconditionFailedException',
    422 => 'UnprocessableException',
    500 => 'AsteriskServerException',
    501 => 'NoSuchMethodException',
    503 => 'AsteriskUnknownException',
);
for my $status (sort keys %class) {
    $fake->answer(GET => '/channels/c1', $status, { message => "no wäy $status" });
    my $error = error_of { $ari->channels->get('c1') };
    isa_ok $error, "Asterisk::ARI::Exception::$class{$status}", $status;
    is ref $error, "Asterisk::ARI::Exception::$class{$status}", 'of this class';
    isa_ok $error, 'Asterisk::ARI::Exception';
    is $error->status,  $status,           'status';
    is $error->message, "no wäy $status", 'message';
    is $error->delivery, 'rejected', 'delivery';
    is $error->operation, 'channels.get', 'operation';
    is $error->method, 'GET', 'method';
    like $error->path, qr{/channels/c1\z}, 'path';
    like $error->body, qr/no w/, 'body';
    ok $error, 'true';
}
ok +Asterisk::ARI::Exception::UnprocessableException->isa('Asterisk::ARI::Exception::IllegalInputException'), '422 is wrong input, too';
ok +Asterisk::ARI::Exception::PreconditionFailedException->isa('Asterisk::ARI::Exception::IllegalStateException'), '412 is a wrong state, too';

subtest 'where it happened' => sub {
    $fake->answer(GET => '/channels/c1', 404, { message => 'Channel not found' });
    my $line = __LINE__ + 1;
    my $error = error_of { $ari->channels->get('c1') };
    is $error->line, $line, 'line';
    is $error->file, __FILE__, 'file';
    my $file = quotemeta __FILE__;
    like "$error", qr/Channel not found.* at $file line $line\.\n\z/s, 'as a string';
    like "$error", qr/404/, 'with the status';

    $fake->answer(POST => '/channels/c1/answer', 404, { message => 'gone' });
    my $channel = $ari->object(Channel => 'c1');
    $line  = __LINE__ + 1;
    $error = error_of { $channel->answer };
    is $error->line, $line, 'line of a call of an object';
    $line  = __LINE__ + 1;
    $error = error_of { $ari->get_channel('c1') };
    is $error->line, $line, 'line of a top-level call';
    $line  = __LINE__ + 1;
    $error = error_of { $ari->request(GET => '/channels/c1') };
    is $error->line, $line, 'line of a request';
    $line  = __LINE__ + 1;
    $error = error_of { $ari->channels->get('c1', colour => 1) };
    is $error->line, $line, 'line of a refusal';
    $line  = __LINE__ + 1;
    $error = error_of { Asterisk::ARI->connect(url => $fake->url, username => 'nobody', password => 'wrong') };
    is $error->line, $line, 'line of connect';
    isa_ok $error, 'Asterisk::ARI::Exception::UnauthorizedException';
};

subtest 'throwing and catching' => sub {
    $fake->answer(GET => '/channels/c1', 404, { message => 'gone' });
    eval { $ari->channels->get('c1') };
    ok +Asterisk::ARI::Exception->caught, 'caught';
    is +Asterisk::ARI::Exception::NotFoundException->caught, $@, 'of its class';
    is +Asterisk::ARI::Exception::ConnectionException->caught, undef, 'not of another';
    is +Asterisk::ARI::Exception->caught('Asterisk::ARI::Exception::NotFoundException'), $@, 'of a class given by name';
    my $first = $@;
    eval { eval { $ari->channels->get('c1') }; $@->rethrow };
    isa_ok $@, 'Asterisk::ARI::Exception::NotFoundException', 'rethrown';
    eval { die "plain\n" };
    is +Asterisk::ARI::Exception->caught, undef, 'what is none of ours is not caught';
    eval { die { plain => 1 } };
    is +Asterisk::ARI::Exception->caught, undef, 'nor a reference';
    my $line = __LINE__ + 1;
    eval { Asterisk::ARI::Exception::IllegalStateException->throw(message => 'busy') };
    isa_ok $@, 'Asterisk::ARI::Exception::IllegalStateException', 'thrown by a program';
    is $@->message, 'busy', 'with its message';
    is $@->line, $line, 'and its line';
    is $first->status, 404, 'an error is one\'s own';

    $fake->answer(GET => '/channels/c2', 200, channel('c2'));
    local $@ = 'before';
    $ari->channels->get('c2');
    is $@, 'before', 'a call that succeeds leaves $@ alone';
    my $noise = 0;
    local $SIG{__DIE__} = sub { $noise++ };
    $ari->channels->get('c2')->name;
    $ari->object(Channel => 'x')->id;
    is $noise, 0, 'and calls no $SIG{__DIE__}';
};

subtest 'Try::Tiny' => sub {
    plan skip_all => 'Try::Tiny is not installed' if !eval { require Try::Tiny } && !$ENV{ARI_TEST_ALL};
    require Try::Tiny;
    my $status = Try::Tiny::try(
        sub { $ari->channels->get('c1'); 'none' },
        Try::Tiny::catch(sub { $_->isa('Asterisk::ARI::Exception::NotFoundException') ? $_->status : 'other' }),
    );
    is $status, 404, 'try and catch';
};

subtest 'a server that is not there, does not answer, or talks nonsense' => sub {
    my $gone = Fake->start;
    my $url  = $gone->url;
    my $left = $gone->connect;
    undef $gone;
    my $error = error_of { Asterisk::ARI->connect(url => $url, username => 'a', password => 'b') };
    isa_ok $error, 'Asterisk::ARI::Exception::ConnectionException', 'connect';
    is $error->delivery, 'not sent', 'not sent';
    is $error->code, 'ECONNREFUSED', 'code';
    isa_ok error_of { $left->get_info }, 'Asterisk::ARI::Exception::ConnectionException', 'call';
    isa_ok error_of { $left->run(apps => ['hello']) }, 'Asterisk::ARI::Exception::ConnectionException', 'run';

    my $hasty = $fake->connect(request_timeout => 0.2);
    $fake->answer(POST => '/channels/c1/answer', { status => 204, delay => 3 });
    $error = error_of { $hasty->channels->answer('c1') };
    isa_ok $error, 'Asterisk::ARI::Exception::TimeoutException', 'no answer';
    is $error->delivery, 'outcome unknown', 'who knows';
    $fake->answer(GET => '/channels', { status => 200, json => 'nonsense' });
    isa_ok error_of { $ari->channels->list }, 'Asterisk::ARI::Exception::ProtocolException', 'nonsense';
    $fake->answer(POST => '/channels/c9/answer', { drop => 1 });
    isa_ok error_of { $ari->channels->answer('c9') }, 'Asterisk::ARI::Exception::ConnectionException', 'dropped';
};

subtest 'mistakes at connect' => sub {
    my %login = (url => $fake->url, username => USER, password => PASSWORD);
    for my $wrong ([ url => 'nonsense' ], [ url => 'ftp://x' ], [ colour => 1 ], [ request_timeout => 'long' ], [ reconnect => 'maybe' ], [ max_connections => -1 ]) {
        my $error = error_of { Asterisk::ARI->connect(%login, @$wrong) };
        isa_ok $error, 'Asterisk::ARI::Exception::IllegalInputException', "@$wrong";
    }
    isa_ok error_of { Asterisk::ARI->connect('odd') }, 'Asterisk::ARI::Exception::IllegalInputException', 'an odd list';
    isa_ok error_of { Asterisk::ARI->connect(username => 'a', password => 'b') }, 'Asterisk::ARI::Exception::IllegalInputException', 'no url';
    ok error_of { $ari->channels->no_such_method }, 'a method that does not exist';
    ok error_of { $ari->no_such_resource }, 'a resource that does not exist';
};

done_testing;
