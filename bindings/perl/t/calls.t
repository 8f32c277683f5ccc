# Calls: how arguments go to the server, and what comes back.
use strict;
use warnings;
use utf8;

use FindBin;
use lib "$FindBin::Bin/lib";
use Helper;
use Scalar::Util qw(blessed);
use Test::More;

patience(120);
my $fake = Fake->start;
my $ari  = $fake->connect;

is $ari->server_version, '22.10.1', 'the server has been asked who it is';
is $ari->base_url, $fake->url, 'base_url';
is blessed $ari, 'Asterisk::ARI', 'the client';
is blessed $ari->channels, 'Asterisk::ARI::Resource::Channels', 'a resource';

sub sends {
    my ($what, $line, $call) = @_;
    $fake->forget;
    $call->();
    is $fake->last_call, $line, $what;
    return;
}

$fake->answer('*', '*');    # nothing, to everything
$fake->answer(GET => '/channels' => 200, [ channel('a'), channel('b') ]);
$fake->answer(GET => '/channels/c1' => 200, channel('c1'));
$fake->answer(POST => '/channels' => 200, channel('new'));

subtest 'names and positions' => sub {
    sends 'by position', 'GET /channels/c1', sub { $ari->channels->get('c1') };
    sends 'by name', 'GET /channels/c1', sub { $ari->channels->get(channelId => 'c1') };
    sends 'position, then names', 'POST /channels/c1/play/p1?media=sound%3Ax',
        sub { $ari->channels->play_with_id('c1', 'p1', media => 'sound:x') };
    sends 'Asterisk\'s own name of an operation', 'POST /channels/c1/continue?extension=100',
        sub { $ari->channels->continueInDialplan('c1', extension => 100) };
    sends 'its Perl name', 'POST /channels/c1/continue?priority=1', sub { $ari->channels->continue_in_dialplan('c1', priority => 1) };
    sends 'undef is not given', 'POST /channels/c1/continue', sub { $ari->channels->continue_in_dialplan('c1', context => undef) };
    sends 'a top-level call', 'GET /channels/c1', sub { $ari->get_channel('c1') };
    sends 'its other name', 'GET /channels', sub { $ari->getChannels };
};

subtest 'values' => sub {
    sends 'a list', 'POST /bridges/b1/addChannel?channel=a%2Cb', sub { $ari->bridges->add_channel('b1', channel => [qw(a b)]) };
    sends 'characters with a meaning', 'GET /channels/a%2Fb%3Fc%23d%25/variable?variable=x%26y%3D%2B%20z',
        sub { $ari->channels->get_channel_var('a/b?c#d%', variable => 'x&y=+ z') };
    sends 'letters of the world', 'GET /channels/c1/variable?variable=h%C3%A9%E2%82%AC%F0%9F%98%80',
        sub { $ari->channels->get_channel_var('c1', variable => "hé€\x{1F600}") };
    my $latin = "h\xe9";
    sends 'a string of bytes is the same text', 'GET /channels/c1/variable?variable=h%C3%A9',
        sub { $ari->channels->get_channel_var('c1', variable => $latin) };
    sends 'a number as a text', 'POST /channels/c1/dtmf?dtmf=123', sub { $ari->channels->send_dtmf('c1', dtmf => 123) };
    sends 'a number in a text', 'POST /channels/c1/dtmf?dtmf=1&before=20', sub { $ari->channels->send_dtmf('c1', dtmf => 1, before => '20') };
    sends 'variables', 'POST /channels?endpoint=Local%2F1&app=a {"variables":{"N":"5","Ä":"ö"}}',
        sub { $ari->channels->originate(endpoint => 'Local/1', app => 'a', variables => { N => '5', 'Ä' => 'ö' }) };
};

subtest 'booleans' => sub {
    my @true  = (\1, JSON::PP::true(), 'true', $] >= 5.036 ? !!1 : ());
    my @false = ('', \0, JSON::PP::false(), 'false', !1);
    for my $set ([ true => @true ], [ false => @false ]) {
        my ($text, @values) = @$set;
        for my $value (@values) {
            sends "$text: " . (ref $value || "'$value'"), "POST /channels/c1/record?name=n&format=wav&beep=$text",
                sub { $ari->channels->record('c1', name => 'n', format => 'wav', beep => $value) };
        }
    }
    sends 'numbers are as good', 'POST /channels/c1/record?name=n&format=wav&beep=1', sub { $ari->channels->record('c1', name => 'n', format => 'wav', beep => 1) };
};

subtest 'arguments that are refused' => sub {
    $fake->forget;
    my @refused = (
        [ qr/colour/,       sub { $ari->channels->get('c1', colour => 'red') } ],
        [ qr/channelId/,    sub { $ari->channels->get } ],
        [ qr/endpoint/,     sub { $ari->channels->originate(app => 'a') } ],
        [ qr/reason/,       sub { $ari->channels->hangup('c1', reason => 'mood') } ],
        [ qr/priority/,     sub { $ari->channels->continue_in_dialplan('c1', priority => 'first') } ],
        [ qr/./,            sub { $ari->channels->get('c1', 'context') } ],
        [ qr/./,            sub { $ari->channels->get(sub { }, 'c1') } ],
        [ qr/./,            sub { $ari->channels->originate(endpoint => \*STDOUT, app => 'a') } ],
        [ qr/./,            sub { $ari->channels->originate(endpoint => bless({}, 'Thing'), app => 'a') } ],
        [ qr/./,            sub { $ari->channels->originate(endpoint => 'Local/1', app => 'a', variables => { a => \*STDOUT }) } ],
    );
    for my $each (@refused) {
        my ($text, $call) = @$each;
        my $error = error_of { $call->() };
        isa_ok $error, 'Asterisk::ARI::Exception::IllegalInputException', 'refused';
        like $error, $text, 'and named';
        is $error->delivery, 'not sent', 'before it is sent';
        is $error->status, undef, 'without a status';
    }
    is scalar($fake->calls), 0, 'nothing was sent';
};

subtest 'results' => sub {
    my $channel = $ari->channels->get('c1');
    is blessed $channel, 'Asterisk::ARI::Object::Channel', 'an object';
    my $list = $ari->channels->list;
    is_deeply [ map { blessed $_ } @$list ], [ ('Asterisk::ARI::Object::Channel') x 2 ], 'a list of them';
    is_deeply [ map { $_->id } @$list ], [qw(a b)], 'in order';
    is $ari->channels->answer('c1'), undef, 'nothing';
    my @nothing = $ari->channels->answer('c1');
    ok @nothing <= 1 && !defined $nothing[0], 'nothing in a list';

    $fake->answer(GET => '/asterisk/ping' => 200, { ping => 'pong', asterisk_id => 'x', timestamp => 'y' });
    my $ping = $ari->asterisk->ping;
    is blessed $ping, 'Asterisk::ARI::Model::AsteriskPing', 'a model';
    is $ping->ping, 'pong', 'with getters';
    is $ping->{ping}, 'pong', 'and as a hash';
};

subtest 'a file' => sub {
    my $bytes = join '', map { chr } 0 .. 255;
    $fake->answer(GET => '/recordings/stored/r1/file' => 200, \$bytes);
    my $file = $ari->recordings->get_stored_file('r1');
    is blessed $file, 'Asterisk::ARI::File', 'class';
    is $file->content, $bytes, 'bytes';
    is "$file", $bytes, 'as a string';
    is $file->content_type, 'audio/x-wav', 'type';
    my $path = "$FindBin::Bin/file-$$.wav";
    $file->save($path);
    open my $in, '<:raw', $path or die $!;
    is do { local $/; <$in> }, $bytes, 'saved';
    close $in;
    unlink $path;
    my $error = error_of { $file->save("$FindBin::Bin/there/is/no/such/folder") };
    ok $error, 'saving may fail';
};

subtest 'the door for what the library does not know' => sub {
    $fake->answer(GET => '/news/today' => 200, { paper => 'é' });
    is_deeply $ari->request(GET => '/news/today'), { paper => 'é' }, 'plain data';
    sends 'a query in pairs', 'GET /news/today?b=2&a=1&a=%C3%A9', sub { $ari->request(GET => '/news/today', query => [ [ b => 2 ], [ a => 1 ], [ a => 'é' ] ]) };
    sends 'a query in a hash', 'GET /news/today?a=1', sub { $ari->request(GET => '/news/today', query => { a => 1 }) };
    sends 'a body', 'PUT /news {"a":[1,"é",null]}', sub { $ari->request(PUT => '/news', body => { a => [ 1, 'é', undef ] }) };
    for my $bad ([ query => 5 ], [ query => [1] ], [ query => [ [ 'a' ] ] ], [ body => \*STDOUT ], ['odd'], [ colour => 1 ]) {
        my $error = error_of { $ari->request(GET => '/news/today', @$bad) };
        isa_ok $error, 'Asterisk::ARI::Exception::IllegalInputException', "@$bad";
    }
};

subtest 'numbers and texts of results' => sub {
    my $json = '{"max":9223372036854775807,"min":-9223372036854775808,"unsigned":18446744073709551615,"half":0.5,'
        . '"yes":true,"no":false,"nothing":null,"text":"\u00e9\ud83d\ude00","digits":"007"}';
    $fake->answer(GET => '/numbers', { json => $json });
    my $data = $ari->request(GET => '/numbers');
    is $data->{max},      '9223372036854775807',  'the largest number of 64 bits';
    is $data->{min},      '-9223372036854775808', 'the smallest';
    is $data->{unsigned}, '18446744073709551615', 'the largest without a sign';
    is $data->{half}, 0.5, 'a fraction';
    is $data->{digits}, '007', 'digits of a text';
    is $data->{text}, "\xe9\x{1F600}", 'letters';
    ok $data->{yes} && !$data->{no}, 'booleans';
    isa_ok $data->{yes}, 'JSON::PP::Boolean', 'a boolean';
    ok exists $data->{nothing} && !defined $data->{nothing}, 'null';
};

subtest 'several clients and many calls' => sub {
    my $other = $fake->connect;
    for (1 .. 50) {
        $_->channels->get('c1') for $ari, $other;
    }
    undef $other;
    is $ari->channels->get('c1')->id, 'c1', 'one ends, the other goes on';
};

done_testing;
